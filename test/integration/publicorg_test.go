package integration

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// publicOrg is a host that the operator allows every namespace to name and whose certificate the system trusts: what an
// OktaConnection needs, which has neither a CA bundle nor an allow list of its own. It serves the org of one test.
type publicOrg struct {
	host    string
	handler atomic.Pointer[http.Handler]
	server  *oktasim.Server
	caFile  string
}

// newPublicOrg must be called before anything in this process verifies a certificate: the system's roots are read once.
func newPublicOrg() (*publicOrg, error) {
	p := &publicOrg{}
	server, err := oktasim.ServeTLS(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if handler := p.handler.Load(); handler != nil {
			(*handler).ServeHTTP(rw, r)
		}
	}), "", oktasim.TLSOptions{})
	if err != nil {
		return nil, err
	}
	p.server, p.host = server, strings.TrimPrefix(server.URL, "https://")
	file, err := os.CreateTemp("", "public-org-ca-*.pem")
	if err != nil {
		return nil, err
	}
	p.caFile = file.Name()
	_, err = file.Write(server.CA)

	return p, errors.Join(err, file.Close(), os.Setenv("SSL_CERT_FILE", p.caFile))
}

func (p *publicOrg) serve(org *oktasim.Org) {
	handler := org.Handler()
	p.handler.Store(&handler)
}

func (p *publicOrg) close() {
	_ = p.server.Close()
	_ = os.Remove(p.caFile)
}
