package situations

import (
	"encoding/base64"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// cleanedBy are the requests of a repair: each refusal is asked twice where the value has characters that Basic may encode
// otherwise; the clean value is looked up before it is checked, and checked before it is written.
const cleanedBy = "token 5, app 1, secrets 2"

// malformed are values that tools and people spoil on the way into the Secret.
func malformed() map[string]situation {
	all := map[string]situation{}
	for name, value := range map[string]string{
		"a newline at the end":           goodValue + "\n",
		"a carriage return at the end":   goodValue + "\r",
		"a Windows newline at the end":   goodValue + "\r\n",
		"spaces around the value":        "  " + goodValue + " ",
		"double quotes around the value": `"` + goodValue + `"`,
		"single quotes around the value": "'" + goodValue + "'",
		"a byte order mark":              "\uFEFF" + goodValue,
		"base64 twice":                   base64.StdEncoding.EncodeToString([]byte(goodValue)),
		"quotes and a newline":           `"` + goodValue + "\"\n",
	} {
		all[name] = situation{stored: value, want: repaired()}
	}
	newline := all["a newline at the end"]
	newline.describe = "secret-malformed-repaired"
	all["a newline at the end"] = newline

	decoded, err := base64.RawURLEncoding.DecodeString(goodValue)
	if err != nil {
		panic(err)
	}
	all["base64 once too little"] = situation{stored: string(decoded), want: repaired()}
	both := situation{want: repaired()}
	both.data = func(s *scene, data map[string][]byte) { data["client_secret"] = []byte(s.clientID + ":" + goodValue) }
	all["client id and client secret in one key"] = both
	all["a newline at the end, in mode Repair"] = situation{stored: goodValue + "\n", spec: mode(v1alpha1.ModeRepair), want: repaired()}
	all["a newline at the end, in mode Observe"] = situation{
		stored: goodValue + "\n", spec: mode(v1alpha1.ModeObserve), describe: "secret-malformed-observe",
		want: outcome{
			verdict: v1alpha1.VerdictSecretMalformed, reason: v1alpha1.ReasonObserving, action: explain, asked: "token 4, app 1, secrets 1",
			says: []string{"a newline at the end", "the clean value would be written to the Secret", "spec.mode is Observe, so nothing is done"},
		},
	}

	return all
}

func repaired() outcome {
	return outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: repairClean, asked: cleanedBy}
}
