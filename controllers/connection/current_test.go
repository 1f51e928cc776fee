package connection_test

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestAConnectionThatChangedIsNotCurrent: what the cache says of it is no ground for a change at Okta once an administrator has
// suspended it, or narrowed whom it allows.
func TestAConnectionThatChangedIsNotCurrent(t *testing.T) {
	object := clusterConnection("current")
	w := given(t, oktasim.Options{}, object)
	read := w.find(object)
	is := func() bool {
		t.Helper()
		current, err := w.directory.IsCurrent(t.Context(), read)
		if err != nil {
			t.Fatal(err)
		}

		return current
	}
	if !is() {
		t.Error("a connection that nobody changed is not current")
	}
	object.Spec.Suspend = true
	if err := w.cluster.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if is() {
		t.Error("a connection that was suspended since it was read is current")
	}
	read = w.find(object)
	if err := w.cluster.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if is() {
		t.Error("a connection that is gone is current")
	}
}
