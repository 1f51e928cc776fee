package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/diagnose"
)

// options are what the command line says.
type options struct {
	// name of the OktaClientCredential; empty without a cluster.
	name                           string
	kubeconfig, context, namespace string
	clientID, issuer, method       string
	secretStdin, askOkta, offline  bool
	caFile, proxy, output          string
}

// methods by the names that people know them by.
var methods = map[string]v1alpha1.TokenEndpointAuthMethod{
	"auto": v1alpha1.AuthMethodAuto, "basic": v1alpha1.AuthMethodBasic, "post": v1alpha1.AuthMethodPost, "jwt": v1alpha1.AuthMethodSecretJWT,
}

func newFlags() (*options, *pflag.FlagSet) {
	o := &options{}
	set := pflag.NewFlagSet("diagnose", pflag.ContinueOnError)
	set.SortFlags = false
	set.Usage = func() {}
	set.StringVarP(&o.namespace, "namespace", "n", "", "namespace of the credential; by default the context's")
	set.StringVar(&o.context, "context", "", "context of the kubeconfig; by default the current one")
	set.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; by default $KUBECONFIG or ~/.kube/config")
	set.BoolVar(&o.askOkta, "ask-okta", false, "with NAME: also ask Okta's token endpoint from this machine, with the client secret of the Secret")
	set.StringVar(&o.clientID, "client-id", "", "without a cluster: the client id")
	set.StringVar(&o.issuer, "issuer", "", "without a cluster: https://host for the org's own server, or https://host/oauth2/ID")
	set.BoolVar(&o.secretStdin, "client-secret-stdin", false, "without a cluster: read the client secret from standard input, every byte of it, and ask Okta")
	set.StringVar(&o.method, "method", "auto", "without a cluster: how the client sends its secret: auto, basic, post or jwt")
	set.BoolVar(&o.offline, "offline", false, "send nothing to Okta at all, and do not read the org's public documents")
	set.StringVar(&o.caFile, "ca-file", "", "PEM file of the authorities that Okta's certificate is checked against, in place of the system's")
	set.StringVar(&o.proxy, "proxy", "", "http or https URL of a forward proxy for requests to Okta; none is taken from the environment")
	set.StringVarP(&o.output, "output", "o", "text", "text or json")
	return o, set
}

// parse reads the command line and says what in it does not fit together.
func (o *options) parse(set *pflag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 1 {
		return fmt.Errorf("one OktaClientCredential at a time: unexpected %q", set.Arg(1))
	}
	o.name = set.Arg(0)
	_, known := methods[o.method]
	switch {
	case !known:
		return fmt.Errorf("--method is auto, basic, post or jwt, not %q", o.method)
	case !slices.Contains([]string{"text", "json"}, o.output):
		return fmt.Errorf("--output is text or json, not %q", o.output)
	case o.askOkta && o.offline:
		return errors.New("give --ask-okta or --offline, not both")
	case o.name != "":
		return unused(set, "with the name of a credential", "client-id", "issuer", "client-secret-stdin", "method")
	case o.clientID == "" || o.issuer == "":
		return errors.New("name an OktaClientCredential, or give --client-id and --issuer")
	default:
		return unused(set, "without the name of a credential", "namespace", "context", "kubeconfig", "ask-okta")
	}
}

// unused says which flag means nothing here.
func unused(set *pflag.FlagSet, where string, names ...string) error {
	for _, name := range names {
		if set.Changed(name) {
			return fmt.Errorf("--%s means nothing %s", name, where)
		}
	}
	return nil
}

// web is the way to Okta that the flags name.
func (o *options) web() (diagnose.Web, error) {
	var web diagnose.Web
	if o.caFile != "" {
		bundle, err := os.ReadFile(o.caFile)
		if err != nil {
			return web, fmt.Errorf("read --ca-file: %w", err)
		}
		web.CABundle = bundle
	}
	if o.proxy != "" {
		proxy, err := url.Parse(o.proxy)
		if err != nil || proxy.Host == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
			return web, errors.New("--proxy is no http or https URL")
		}
		web.Proxy = proxy
	}
	return web, nil
}
