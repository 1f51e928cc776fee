package consumers

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestEveryCredentialHasAnAnnotationOfItsOwn(t *testing.T) {
	long := strings.Repeat("a", 52) + strings.Repeat("b", 201)
	names := []string{"shop", strings.Repeat("a", 63), strings.Repeat("a", 64), long, long[:252] + "c", strings.Repeat("a.", 126) + "a"}
	seen := map[string]string{}
	for _, name := range names {
		key := annotationKey(name)
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			t.Errorf("%s is no name of an annotation: %s", key, problems)
		}
		if other, twice := seen[key]; twice {
			t.Errorf("%s is that of %s and of %s", key, name, other)
		}
		seen[key] = name
	}
	if got := annotationKey("shop"); got != "restart.oktacred.dev/shop" {
		t.Errorf("got %s for a short name, want it as it is", got)
	}
}

func TestAFingerprintStandsForItsParts(t *testing.T) {
	one := Fingerprint("uid", "ocs1", "2026-11-23T12:00:00Z")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(one) || !fingerprintPattern.MatchString(one) {
		t.Errorf("got %q, want 32 hexadecimal digits", one)
	}
	if again := Fingerprint("uid", "ocs1", "2026-11-23T12:00:00Z"); again != one {
		t.Errorf("the same parts gave %s and %s", one, again)
	}
	if other := Fingerprint("uido", "cs1", "2026-11-23T12:00:00Z"); other == one {
		t.Error("parts that are divided otherwise gave the same")
	}
}

func TestARestartIsRefused(t *testing.T) {
	free := Workload{Reference: Reference{KindDeployment, "web"}}
	held := Workload{Reference: free.Reference, Held: StatePaused, HeldBecause: "it is paused"}
	for name, test := range map[string]struct {
		workload    Workload
		fingerprint string
		want        string
	}{
		"of a workload that is held":       {held, "f1", "it is paused"},
		"without a fingerprint":            {free, "", "a fingerprint has"},
		"for what is no fingerprint":       {free, "a/b", "a fingerprint has"},
		"for what may be a secret's value": {free, strings.Repeat("x", 65), "a fingerprint has"},
	} {
		t.Run(name, func(t *testing.T) {
			changed, err := Restart(t.Context(), nil, test.workload, Change{Credential: "shop", Fingerprint: test.fingerprint})
			if changed || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("changed %v, error %v; want an error that says %q", changed, err, test.want)
			}
		})
	}
}
