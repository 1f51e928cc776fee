package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

// TestSamplesAreAccepted creates every sample as it is, with unknown fields refused.
func TestSamplesAreAccepted(t *testing.T) {
	if os.Getenv(controlplane.AssetsEnv) == "" {
		t.Skipf("%s is not set; `make controlplane` builds one", controlplane.AssetsEnv)
	}
	w := &world{root: filepath.Join("..", "..")}
	plane, err := controlplane.Start(t.Context(), controlplane.Options{CRDPaths: []string{filepath.Join(w.root, "config", "crd", "bases")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(plane.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	strict := client.WithFieldValidation(c, metav1.FieldValidationStrict)
	for _, file := range resources(t, w.root) {
		t.Run(file, func(t *testing.T) {
			object, err := w.sample(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			if namespace := object.GetNamespace(); namespace != "" {
				err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
				if client.IgnoreAlreadyExists(err) != nil {
					t.Fatal(err)
				}
			}
			if err := strict.Create(t.Context(), object); err != nil {
				t.Error(err)
			}
		})
	}
}

// resources are the files of config/samples that its kustomization names, which must be all of them.
func resources(t *testing.T, root string) []string {
	t.Helper()
	folder := filepath.Join(root, "config", "samples")
	content, err := os.ReadFile(filepath.Join(folder, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var kustomization struct {
		Resources []string `json:"resources"`
	}
	if err := yaml.Unmarshal(content, &kustomization); err != nil {
		t.Fatal(err)
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(there) - 1; len(kustomization.Resources) != want {
		t.Errorf("kustomization.yaml names %d files, want the %d beside it", len(kustomization.Resources), want)
	}

	return kustomization.Resources
}

func TestSampleRefusesAMisspeltReplacement(t *testing.T) {
	w := &world{root: filepath.Join("..", "..")}
	if _, err := w.sample("oktaclientcredential.yaml", map[string]string{"spec.clientID.interval": "10s"}); err == nil {
		t.Error("a field below a text was replaced")
	}
}

func TestWrap(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"nothing is no line":                     {"", 10, []string{}},
		"what fits stays as it is":               {"a  b", 4, []string{"a  b"}},
		"breaks at the last space that fits":     {"one two three", 8, []string{"one two", "three"}},
		"breaks after a word that fills a line":  {"one two", 3, []string{"one", "two"}},
		"a word that is too long is not cut":     {"incomprehensible", 5, []string{"incomprehensible"}},
		"characters count, and not their bytes":  {"✓✓✓ ✓✓✓", 7, []string{"✓✓✓ ✓✓✓"}},
		"a long word does not take the next one": {"incomprehensible text", 5, []string{"incomprehensible", "text"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, wrap(test.text, test.width)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheAnswerToTheShopNeverShowsTheToken(t *testing.T) {
	o, err := startOrg("0oashop", "0oaoperator")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.server.Close() })
	answer, err := o.askForToken(t.Context(), o.firstValue())
	if err != nil || !answer.accepted() {
		t.Fatalf("got %v, error %v; want a token", answer, err)
	}
	if shown := answer.String(); strings.Contains(shown, "eyJ") || strings.Contains(shown, o.firstValue().Reveal()) {
		t.Error("the line shows the token or the client secret")
	}
}
