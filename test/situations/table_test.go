package situations

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// tables are all situations, by an English sentence.
func tables() map[string]situation {
	all := map[string]situation{}
	for _, table := range []map[string]situation{
		healthy(), article(), wordings(), malformed(), methods(), tenants(), applications(), repairs(), outages(), targets(),
	} {
		maps.Copy(all, table)
	}

	return all
}

func TestSituations(t *testing.T) {
	t.Parallel()
	all := tables()
	if len(all) < 40 {
		t.Errorf("there are %d situations", len(all))
	}
	played := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		for _, e := range []engine{classic, identity} {
			for _, server := range []string{"", customServer} {
				if (server == "" && s.at == atCustomServer) || (server != "" && s.at == atOrgServer) {
					continue
				}
				played++
				t.Run(name+"/"+namespaceOf(e, server), func(t *testing.T) {
					t.Parallel()
					stage(t, name, s, e, server).play(name)
				})
			}
		}
	}
	t.Logf("%d situations, %d with their engines and authorization servers", len(all), played)
}

// play waits for what a situation comes to and holds it against the row.
func (s *scene) play(name string) {
	s.t.Helper()
	if s.then != nil {
		first := s.first
		if first == "" {
			first = v1alpha1.ReasonAccepted
		}
		s.eventually("Ready is "+first, func() bool { return s.settled(first, "") })
		s.then(s)
	}
	s.eventually("Ready is "+s.want.reason+", the verdict "+string(s.want.verdict)+", the action "+string(s.want.action), func() bool {
		return s.settled(s.want.reason, s.want.verdict) && s.acted()
	})
	s.spoken()
	s.captured(name)
	version := s.target().ResourceVersion
	if s.want.asked != "" {
		asked := s.asked()
		if !s.expected(asked) {
			s.t.Errorf("requests to Okta: %s, want %s", asked, s.want.asked)
		}
		s.touch()
		s.equal("requests to Okta after changes that do not matter", asked, s.asked())
		s.eventually("the status speaks of all that", func() bool { return s.settled(s.want.reason, s.want.verdict) })
	} else if got := s.target().ResourceVersion; got != version {
		s.t.Errorf("the Secret was written: it has version %s after %s", got, version)
	}
	s.unharmed()
}

// expected says whether these requests are the row's. A value that is to be written is checked again when the pass that writes
// it comes more than seconds after its acceptance, as on a busy machine: that much more is no fault.
func (s *scene) expected(asked string) bool {
	const mostAgain = 3
	for want := range strings.SplitSeq(s.want.asked, " or ") {
		var least, got int
		_, errWant := fmt.Sscanf(want, "token %d", &least)
		_, errGot := fmt.Sscanf(asked, "token %d", &got)
		writes := s.want.action == generate || s.want.action == adopt || s.want.action == repairClean
		if want == asked {
			return true
		}
		if writes && errWant == nil && errGot == nil && got > least && got <= least+mostAgain &&
			strings.TrimPrefix(want, fmt.Sprintf("token %d", least)) == strings.TrimPrefix(asked, fmt.Sprintf("token %d", got)) {
			return true
		}
	}

	return false
}

// acted says whether the action is done, by the history.
func (s *scene) acted() bool {
	switch s.want.action {
	case repairClean:
		return s.did(v1alpha1.ReasonSecretRepaired)
	case adopt:
		return s.did(v1alpha1.ReasonSecretAdopted)
	case rollback:
		return s.did(v1alpha1.ReasonSecretRolledBack)
	case generate:
		return s.did(v1alpha1.ReasonSecretPromoted)
	default:
		return true
	}
}

// spoken checks that a person is told what is wrong and what to do.
func (s *scene) spoken() {
	s.t.Helper()
	ready, verdict := s.ready(), s.now().Status.Verdict
	for _, words := range s.want.says {
		if !strings.Contains(ready.Message+" "+verdict.Evidence+" "+verdict.Fix, words) {
			s.t.Errorf("nothing says %q: %s FIX %s", words, ready.Message, verdict.Fix)
		}
	}
	if s.want.action == explain && verdict.Name != v1alpha1.VerdictAccepted && verdict.Name != "" && verdict.Fix == "" {
		s.t.Errorf("verdict.fix is empty")
	}
	for _, value := range []string{goodValue, otherValue, thirdValue, wrongValue, s.stored} {
		if value != "" && strings.Contains(s.status(), value) {
			s.t.Errorf("a secret is in the status")
		}
	}
}

// unharmed checks what must hold after each action: nothing at Okta changes but by Generate, and the Secret but by a repair.
func (s *scene) unharmed() {
	s.t.Helper()
	data := maps.Clone(s.data)
	changes, writes := []string(nil), 1
	switch s.want.action {
	case repairClean:
		data["client_secret"] = []byte(goodValue)
		writes = 2
	case adopt:
		data["client_secret"] = []byte(otherValue)
		writes = 2
	case rollback, generate:
		s.renewed()

		return
	case nothing, explain, wait:
	}
	if s.now().Spec.Mode == v1alpha1.ModeObserve {
		writes = 0
	}
	if s.want.holds != "" {
		data["client_secret"] = []byte(s.want.holds)
	}
	s.equal("changes at Okta", changes, s.changes())
	s.equal("writes of the Secret, our label included", writes, cluster.calls.writes(s.secretPath()))
	if !cmp.Equal(data, s.target().Data) {
		s.t.Errorf("the Secret does not hold what it should")
	}
}

// renewed checks what a new client secret or a rollback leaves behind.
func (s *scene) renewed() {
	s.t.Helper()
	value, created := string(s.target().Data["client_secret"]), 0
	for _, kind := range s.changes() {
		if kind == "create" {
			created++
		}
	}
	if created != 1 {
		s.t.Errorf("%d secrets were made", created)
	}
	if (s.want.action == rollback) != (value == s.stored) {
		s.t.Errorf("the Secret does not hold what it should")
	}
	works := false
	for _, secret := range s.org.Secrets(s.appID) {
		works = works || (secret.Status == "ACTIVE" && secret.Value.Reveal() == value)
	}
	if !works {
		s.t.Errorf("the Secret holds a value that Okta does not have as ACTIVE")
	}
}
