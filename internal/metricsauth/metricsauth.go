// Package metricsauth serves metrics to those alone whom the cluster's RBAC allows to get them. It must not keep a token,
// and it knows nothing of what it guards.
//
// controller-runtime has a filter that does the same with k8s.io/apiserver, which brings an expression language and reflection
// that keeps the linker from dropping what is not called: 45 MB of program and 19 MB of memory for two requests.
package metricsauth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// allowedFor and refusedFor are how long an answer of the API server holds: a scraper comes every few seconds.
	allowedFor = time.Minute
	refusedFor = 10 * time.Second
	// maxRemembered bounds the memory; a full one is emptied, which costs requests and nothing else.
	maxRemembered = 256
	// reviewTimeout bounds the two questions together.
	reviewTimeout = 10 * time.Second
)

// Provider makes the filter for metricsserver.Options. The operator needs the right to create tokenreviews and
// subjectaccessreviews, and who reads metrics that to get the URL /metrics.
func Provider(passive clock.PassiveClock) func(*rest.Config, *http.Client) (metricsserver.Filter, error) {
	return func(config *rest.Config, httpClient *http.Client) (metricsserver.Filter, error) {
		authentication, err := authenticationclient.NewForConfigAndClient(config, httpClient)
		if err != nil {
			return nil, fmt.Errorf("make a client for token reviews: %w", err)
		}
		authorization, err := authorizationclient.NewForConfigAndClient(config, httpClient)
		if err != nil {
			return nil, fmt.Errorf("make a client for access reviews: %w", err)
		}
		g := &guard{
			tokens: authentication.TokenReviews(), access: authorization.SubjectAccessReviews(), clock: passive,
			answers: map[question]answer{},
		}
		return g.filter, nil
	}
}

// guard asks the API server who sends a request, and whether they may.
type guard struct {
	tokens authenticationclient.TokenReviewInterface
	access authorizationclient.SubjectAccessReviewInterface
	clock  clock.PassiveClock

	mu      sync.Mutex
	answers map[question]answer
}

// question is who wants what; the token is there as a hash.
type question struct {
	token      [sha256.Size]byte
	verb, path string
}

// answer is an HTTP status: OK, Unauthorized or Forbidden.
type answer struct {
	status int
	until  time.Time
}

func (g *guard) filter(log logr.Logger, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		status, err := g.judge(request)
		if err != nil {
			log.Error(err, "Could not find out who may read metrics")
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		if status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, request)
	}), nil
}

// judge returns the status for a request. An error means that nobody knows, and is not remembered.
func (g *guard) judge(request *http.Request) (int, error) {
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return http.StatusUnauthorized, nil
	}
	asked := question{token: sha256.Sum256([]byte(token)), verb: strings.ToLower(request.Method), path: request.URL.Path}
	if status, known := g.recall(asked); known {
		return status, nil
	}
	ctx, cancel := context.WithTimeout(request.Context(), reviewTimeout)
	defer cancel()
	status, err := g.ask(ctx, token, asked)
	if err != nil {
		return 0, err
	}
	g.remember(asked, status)
	return status, nil
}

func (g *guard) ask(ctx context.Context, token string, asked question) (int, error) {
	who, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token},
	}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("review a token: %w", err)
	}
	if !who.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	user := who.Status.User
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for name, values := range user.Extra {
		extra[name] = authorizationv1.ExtraValue(values)
	}
	may, err := g.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: asked.path, Verb: asked.verb},
	}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("review the access of %q: %w", user.Username, err)
	}
	if !may.Status.Allowed {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}

func (g *guard) recall(asked question) (status int, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, known := g.answers[asked]
	return found.status, known && g.clock.Now().Before(found.until)
}

func (g *guard) remember(asked question, status int) {
	holds := refusedFor
	if status == http.StatusOK {
		holds = allowedFor
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.answers) >= maxRemembered {
		clear(g.answers)
	}
	g.answers[asked] = answer{status: status, until: g.clock.Now().Add(holds)}
}
