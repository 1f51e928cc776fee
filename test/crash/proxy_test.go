package crash

import (
	"bytes"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// labelOperator is on credentials and connections, and says which operator sees them.
const labelOperator = "crash.oktacred.dev/operator"

// newProxy stands in front of the API server. It adds the administrator's certificate, and to each list and watch of the
// operator's kinds a selector, and takes Secrets of others out: so several operators run beside each other without a scope of
// their own.
func (o *operator) newProxy() (http.Handler, error) {
	target, err := url.Parse(bed.Config.Host)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(bed.Config)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // an event of a watch is passed on at once
		ModifyResponse: func(answer *http.Response) error {
			if answer.Request.URL.Path == secretsPath && answer.StatusCode == http.StatusOK {
				if err := o.showsItsOwn(answer); err != nil {
					return err
				}
			}
			if o.lag > 0 && answer.Request.URL.Query().Get("watch") != "" {
				answer.Body = newLagging(answer.Body, o.lag)
			}

			return nil
		},
		ErrorLog:     stdlog.New(io.Discard, "", 0), // a server that is killed is no news
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if r.In.URL.Path == secretsPath {
				asJSON(r.Out)
			}
			if listed, ours := strings.CutPrefix(r.In.URL.Path, "/apis/oktacred.dev/v1alpha1/"); ours && !strings.Contains(listed, "/") {
				query := r.Out.URL.Query()
				query.Set("labelSelector", labelOperator+"="+o.name)
				r.Out.URL.RawQuery = query.Encode()
			}
		},
	}

	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) { o.observe(out, in, proxy) }), nil
}

// nameAtAPIServer names a write to one of the world's namespaces, or to the status of one of its connections.
func (w *world) nameAtAPIServer(in *http.Request) string {
	switch connection, _ := strings.CutPrefix(in.URL.Path, connectionsPath); connection {
	case w.namespace + "/status":
		return nameOfConnectionStatus(in)
	case w.namespace + secondSuffix + "/status":
		if name := nameOfConnectionStatus(in); name != "" {
			return secondName + name
		}

		return ""
	}
	if name := nameInNamespace(in, w.namespace); name != "" {
		return name
	}
	if name := nameInNamespace(in, w.namespace+secondSuffix); name != "" {
		return secondName + name
	}

	return ""
}

const connectionsPath = "/apis/oktacred.dev/v1alpha1/clusteroktaconnections/"

// nameOfConnectionStatus names a write of a connection's status when something rests on it: the mass-failure brake, and until when
// the System Log was read. The other writes tell what is counted once a minute, and come by chance.
func nameOfConnectionStatus(in *http.Request) string {
	if in.Method == http.MethodGet {
		return ""
	}
	switch written := body(in); {
	case bytes.Contains(written, []byte(`"brake"`)):
		return in.Method + " connection, brake"
	case bytes.Contains(written, []byte(`"systemLogReadUntil"`)):
		return in.Method + " connection, System Log"
	default:
		return ""
	}
}

// nameInNamespace names a write by what it is about; empty for reads, and for events, which nothing rests on but the one that
// names what a credential leaves at Okta.
func nameInNamespace(in *http.Request, namespace string) string {
	_, path, ours := strings.Cut(in.URL.Path, "/namespaces/"+namespace+"/")
	if !ours || in.Method == http.MethodGet {
		return ""
	}
	if strings.HasPrefix(path, "events") {
		if bytes.Contains(body(in), []byte(v1alpha1.ReasonSecretsLeftBehind)) {
			return in.Method + " event"
		}

		return ""
	}
	switch path {
	case "oktaclientcredentials/" + credentialName:
		return in.Method + " credential"
	case "oktaclientcredentials/" + credentialName + "/status":
		return in.Method + " status"
	case "oktaclientcredentials/" + bystanderName + "/status":
		return "" // a run is about the other one
	case "secrets/" + targetName:
		return in.Method + " target"
	case "secrets/" + journalName:
		return in.Method + " journal"
	case "secrets":
		if bytes.Contains(body(in), []byte(journalName)) {
			return in.Method + " journal"
		}

		return in.Method + " target"
	default:
		return in.Method + " " + path
	}
}

// namesAtOkta are the requests to Okta that change something there, or leave a trace in its System Log; and the one besides whose
// answer a rotation rests on. What the org and its servers are, and what the System Log says, is asked for at times of its own.
var namesAtOkta = map[string]string{
	oktasim.RouteGetApp:           readAtOkta,
	oktasim.RouteListSecrets:      "list secrets",
	oktasim.RouteCreateSecret:     createAtOkta,
	oktasim.RouteDeleteSecret:     deleteAtOkta,
	oktasim.RouteActivateSecret:   "activate secret",
	oktasim.RouteDeactivateSecret: deactivateAtOkta,
	oktasim.RouteToken:            "token",
	oktasim.RouteRevoke:           "revoke",
}

const (
	readAtOkta       = "read application"
	createAtOkta     = "create secret"
	deactivateAtOkta = "deactivate secret"
	deleteAtOkta     = "delete secret"
)

// routesAtOkta tells which route a request takes.
var routesAtOkta = func() *http.ServeMux {
	mux := http.NewServeMux()
	for route := range namesAtOkta {
		mux.Handle(route, http.NotFoundHandler())
	}

	return mux
}()

func nameAtOkta(in *http.Request) string {
	_, route := routesAtOkta.Handler(in)
	name := namesAtOkta[route]
	switch {
	case name == "" && in.Method != http.MethodGet:
		return in.Method + " " + in.URL.Path
	case route == oktasim.RouteToken && in.Header.Get("Authorization") == "":
		return "admin token"
	case isOfBystander(in):
		return ""
	default:
		return name
	}
}

// body reads a request's body and puts it back.
func body(in *http.Request) []byte {
	content, err := io.ReadAll(in.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	in.Body = io.NopCloser(bytes.NewReader(content))

	return content
}
