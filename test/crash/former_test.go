package crash

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// fromFormer says which journals of the fleet the first release wrote: every fifth of the first hundred, so that there are some of
// credentials with a workload and some without.
func fromFormer(number int) bool { return number < 100 && number%5 == 0 }

// formers is how many these are.
const formers = 20

// formerJournal is what the first release, whose journals had version 1, wrote after a rotation: it knew fewer fields than the
// present one.
type formerJournal struct {
	Version   int               `json:"version"`
	Binding   rotation.Binding  `json:"binding"`
	ClientID  string            `json:"clientID"`
	Current   formerHeld        `json:"current"`
	Previous  formerHeld        `json:"previous"`
	Retired   []formerRetired   `json:"retired"`
	LastCause string            `json:"lastCause"`
	Handled   map[string]string `json:"handled"`
}

type formerHeld struct {
	Value string    `json:"value"`
	ID    string    `json:"id"`
	Made  bool      `json:"made,omitempty"`
	Since time.Time `json:"since"`
}

type formerRetired struct {
	Hash, ID                         string
	Made, Promoted                   bool
	At, DeactivatedAt, UnlistedSince time.Time
}

// isUpgraded rewrites journals as the first release would have left them, while no operator runs: the present value was made by a
// rotation two days ago, and the adopted original is INACTIVE since.
func (w *world) isUpgraded() {
	w.t.Helper()
	w.endsOrderly()
	var kept corev1.SecretList
	if err := bed.client.List(w.t.Context(), &kept, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	rewritten := 0
	for i := range kept.Items {
		name, isJournal := strings.CutSuffix(kept.Items[i].Name, "-rotation")
		var number int
		if _, err := fmt.Sscanf(name, "app-%d", &number); !isJournal || err != nil || !fromFormer(number) {
			continue
		}
		change(w, &kept.Items[i], func(s *corev1.Secret) { s.Data["journal.json"] = w.former(s.Data["journal.json"]) })
		rewritten++
	}
	if rewritten != formers {
		w.t.Fatalf("%d journals were rewritten, want %d", rewritten, formers)
	}
}

// former is a journal of now as the first release would have written it.
func (w *world) former(present []byte) []byte {
	w.t.Helper()
	record, err := journal.Decode(present)
	if err != nil {
		w.t.Fatal(err)
	}
	id := ""
	for _, s := range w.org.Secrets(record.ClientID) {
		if s.Value.Equal(record.Current.Value) {
			id = s.ID
		}
	}
	then := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Second)
	original := "Or1original" + record.ClientID + "ginalOriginal"
	content, err := json.Marshal(formerJournal{
		Version: 1, Binding: record.Binding, ClientID: record.ClientID, LastCause: "RotateCommand",
		Current:  formerHeld{Value: record.Current.Value.Reveal(), ID: id, Made: true, Since: then},
		Previous: formerHeld{Value: original, ID: "ocsoriginal0000000001", Since: then},
		Retired: []formerRetired{{
			Hash: redact.NewValue(original).Hash(), ID: "ocsoriginal0000000001", Promoted: true, At: then, DeactivatedAt: then.Add(time.Hour),
		}},
		Handled: map[string]string{"Rotate": "", "Resume": "", "ReleaseSecret": ""},
	})
	if err != nil {
		w.t.Fatal(err)
	}

	return content
}
