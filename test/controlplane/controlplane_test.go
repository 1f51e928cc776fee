package controlplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
)

// childEnv makes the test program start a control plane, print the processes it started and wait to be killed.
const childEnv = "CONTROLPLANE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(runChild())
	}
	os.Exit(m.Run())
}

func runChild() int {
	p, err := Start(context.Background(), Options{ControllerManager: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(p.dir)
	select {}
}

func requireAssets(t *testing.T) {
	t.Helper()
	if os.Getenv(AssetsEnv) == "" {
		t.Skipf("%s is not set; `make controlplane` builds one", AssetsEnv)
	}
}

func TestControlPlane(t *testing.T) {
	requireAssets(t)
	crds := t.TempDir()
	writeFile(t, filepath.Join(crds, "widgets.yaml"), widgetCRD)
	logs := t.TempDir()
	p, err := Start(t.Context(), Options{
		CRDPaths: []string{crds}, ControllerManager: true, LogDir: logs,
		APIServerArgs: map[string][]string{"event-ttl": {"2h"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if _, err := os.Stat(p.KubeconfigPath); !os.IsNotExist(err) {
			t.Errorf("the kubeconfig is still there after Stop: %v", err)
		}
		if err := p.Stop(); err != nil {
			t.Errorf("the second Stop: %v", err)
		}
	})
	client := kubernetes.NewForConfigOrDie(p.Config)

	t.Run("serves the custom resources it was given", func(t *testing.T) {
		found, err := discovery.NewDiscoveryClientForConfigOrDie(p.Config).ServerResourcesForGroupVersion("example.com/v1")
		if err != nil || len(found.APIResources) == 0 {
			t.Errorf("resources %v, error %v", found, err)
		}
	})
	t.Run("writes a kubeconfig that kubectl takes", func(t *testing.T) {
		kubectl := filepath.Join(p.AssetsDir, "kubectl")
		if !hasPrograms(p.AssetsDir, "kubectl") {
			t.Skip("no kubectl in the assets")
		}
		out, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig", p.KubeconfigPath, "get", "ns", "default", "-o", "name").CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != "namespace/default" {
			t.Errorf("kubectl said %q, error %v", got, err)
		}
	})
	t.Run("gives a new user no rights", func(t *testing.T) {
		config, _, err := p.AddUser("somebody", "some:group")
		if err != nil {
			t.Fatal(err)
		}
		_, err = kubernetes.NewForConfigOrDie(config).CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
		if !apierrors.IsForbidden(err) {
			t.Errorf("listing Secrets: got %v, want forbidden", err)
		}
	})
	t.Run("gives users that are added at once certificates of their own", func(t *testing.T) {
		mustAddUsers(t, p, 8)
	})
	t.Run("ends a deleted namespace when it has a controller manager", func(t *testing.T) {
		if !p.HasControllerManager {
			t.Skip("no kube-controller-manager in the assets")
		}
		deleteNamespace(t, client)
	})
	t.Run("writes one log a program into the folder it was given", func(t *testing.T) {
		for _, name := range []string{"etcd", "kube-apiserver"} {
			if info, err := os.Stat(filepath.Join(logs, name+".log")); err != nil || info.Size() == 0 {
				t.Errorf("%s.log: %v, error %v", name, info, err)
			}
		}
	})
}

// mustAddUsers adds users at once, and wants as many serial numbers.
func mustAddUsers(t *testing.T, p *ControlPlane, n int) {
	t.Helper()
	serials := make(chan string, n)
	var adding sync.WaitGroup
	for i := range n {
		adding.Go(func() {
			config, _, err := p.AddUser(fmt.Sprintf("user-%d", i))
			if err != nil {
				t.Error(err)

				return
			}
			pair, err := tls.X509KeyPair(config.CertData, config.KeyData)
			if err != nil {
				t.Error(err)

				return
			}
			serials <- pair.Leaf.SerialNumber.String()
		})
	}
	adding.Wait()
	close(serials)
	seen := map[string]bool{}
	for serial := range serials {
		seen[serial] = true
	}
	if len(seen) != n {
		t.Errorf("%d users have certificates of %d serial numbers", n, len(seen))
	}
}

func deleteNamespace(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "to-be-deleted"}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Namespaces().Delete(t.Context(), ns.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Namespaces().Get(ctx, ns.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
	if err != nil {
		t.Errorf("the namespace is still there: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	t.Run("without assets, saying how to get them", func(t *testing.T) {
		t.Setenv(AssetsEnv, "")
		_, err := Start(t.Context(), Options{})
		if err == nil || !strings.Contains(err.Error(), "make controlplane") {
			t.Errorf("got %v, want the command that builds them", err)
		}
	})
	t.Run("with an empty assets folder, saying how to get them", func(t *testing.T) {
		_, err := Start(t.Context(), Options{AssetsDir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), "make controlplane") {
			t.Errorf("got %v, want the command that builds them", err)
		}
	})
	t.Run("with a CRD folder that is missing, and leaves nothing behind", func(t *testing.T) {
		requireAssets(t)
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		if _, err := Start(t.Context(), Options{CRDPaths: []string{"/does/not/exist"}}); err == nil {
			t.Fatal("started")
		}
		if left, err := filepath.Glob(filepath.Join(tmp, "*")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, error %v", left, err)
		}
	})
	t.Run("with a flag the API server does not know, quoting its log", func(t *testing.T) {
		requireAssets(t)
		_, err := Start(t.Context(), Options{APIServerArgs: map[string][]string{"no-such-flag": {"1"}}})
		if err == nil || !strings.Contains(err.Error(), "unknown flag") {
			t.Errorf("got %v, want the API server's own words", err)
		}
	})
}

func TestProgramsDieWithTheProcessThatStartedThem(t *testing.T) {
	requireAssets(t)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv (util-linux) is not installed, and nothing else ties the programs to us")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1", "TMPDIR="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start a control plane: %v", err)
	}
	dir = strings.TrimSpace(dir)
	if started := processesNaming(t, dir); len(started) < 2 {
		t.Fatalf("found processes %v of the control plane in %s, want etcd and kube-apiserver at least", started, dir)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed: its error says only that
	err = wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		return len(processesNaming(t, dir)) == 0, nil
	})
	for _, id := range processesNaming(t, dir) {
		t.Errorf("still running after their parent was killed: %d; killing it: %v", id, syscall.Kill(id, syscall.SIGKILL))
	}
	if err != nil {
		t.Error(err)
	}
}

// processesNaming returns the ids of processes that have dir in their command line: each program of a control plane
// is told a file or folder in it.
func processesNaming(t *testing.T, dir string) []int {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, path := range found {
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		line, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(line), dir) {
			ids = append(ids, id)
		}
	}
	return ids
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

const widgetCRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
`
