package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"github.com/oktacred/okta-credential-operator/internal/diagnose"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// maxStdin is more than any client secret needs, in bytes.
const maxStdin = 64 << 10

// runDiagnose gathers, judges and prints.
func runDiagnose(ctx context.Context, o *options, set *pflag.FlagSet, args []string, std streams) (diagnose.Report, error) {
	if err := o.parse(set, args); err != nil {
		return diagnose.Report{}, err
	}
	web, err := o.web()
	if err != nil {
		return diagnose.Report{}, err
	}
	gather := o.withoutCluster
	if o.name != "" {
		gather = o.fromCluster
	}
	known, err := gather(ctx, &web, std)
	if err != nil {
		return diagnose.Report{}, err
	}
	if err := o.askOrg(ctx, web, &known); err != nil {
		return diagnose.Report{}, err
	}
	report := diagnose.Diagnose(known)
	if o.output == "json" {
		encoder := json.NewEncoder(std.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return report, encoder.Encode(report)
	}
	return report, report.Write(std.out)
}

// withoutCluster is what the command line and standard input say.
func (o *options) withoutCluster(_ context.Context, _ *diagnose.Web, std streams) (diagnose.Case, error) {
	known := diagnose.Case{
		Client: diagnose.Client{ID: o.clientID, Issuer: o.issuer, Method: methods[o.method]},
	}
	parsed, err := url.Parse(o.issuer)
	if err != nil || parsed.Host == "" {
		return diagnose.Case{}, errors.New("--issuer is no URL: write https://example.okta.com, or https://example.okta.com/oauth2/default")
	}
	plain := &url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	known.Subject = fmt.Sprintf("Client %q at %s", o.clientID, plain)
	org, server, err := diagnose.ParseIssuer(o.issuer)
	if err != nil {
		// What is wrong with it is told at step 2. Until then nobody knows whom to ask.
		known.Client.OrgURL = (&url.URL{Scheme: parsed.Scheme, Host: strings.ToLower(parsed.Host)}).String()
		known.Asked.Skipped, known.Public.Skipped = "the issuer is none that can be asked (step 2).", "the issuer is none that can be asked"
	} else {
		known.Client.OrgURL, known.Client.AuthorizationServer = org, server
	}
	known.Stored, err = o.stored(std.in)
	if known.Stored.Secret.IsEmpty() {
		known.Asked.Skipped = cmp.Or(known.Asked.Skipped, "there is no client secret.")
	}
	return known, err
}

// stored is the client secret of standard input.
func (o *options) stored(in io.Reader) (diagnose.Stored, error) {
	if !o.secretStdin {
		return diagnose.Stored{
			Problem: "No client secret was given.", ProblemMark: diagnose.Unknown, Fix: "Give it on standard input, with --client-secret-stdin.",
		}, nil
	}
	secret, err := readSecret(in)
	if err == nil && secret.IsEmpty() {
		return diagnose.Stored{
			Problem: "Standard input is empty.", ProblemMark: diagnose.Failed,
			Fix: "Check that the variable or command that gives the secret gives one.",
		}, nil
	}
	return diagnose.Stored{Secret: secret, Place: "standard input"}, err
}

// readSecret reads every byte: what does not belong there is to be found, not hidden.
func readSecret(in io.Reader) (redact.Value, error) {
	if file, ok := in.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
			return redact.Value{}, errors.New("standard input is a terminal, which would show the secret: pipe it in, as in printf %s \"$CLIENT_SECRET\" | kubectl oktacred diagnose …")
		}
	}
	content, err := io.ReadAll(io.LimitReader(in, maxStdin+1))
	if err != nil {
		return redact.Value{}, fmt.Errorf("read standard input: %w", err)
	}
	if len(content) > maxStdin {
		return redact.Value{}, fmt.Errorf("standard input has more than %d bytes: that is no client secret", maxStdin)
	}
	return redact.NewValue(string(content)), nil
}

// askOrg reads the org's public documents and asks its token endpoint, as far as the flags and what is known allow.
func (o *options) askOrg(ctx context.Context, web diagnose.Web, known *diagnose.Case) error {
	if o.offline {
		known.Public.Skipped, known.Asked.Skipped = "--offline", "--offline was given."
		return nil
	}
	if known.Client.OrgURL == "" {
		known.Public.Skipped = "the org is not known"
	}
	if known.Public.Skipped != "" {
		return nil
	}
	known.Public = web.Read(ctx, known.Client)
	isToAsk := o.name == "" || o.askOkta
	if !isToAsk || known.Asked.Skipped != "" || known.Stored.Secret.IsEmpty() || known.Client.ID == "" {
		return nil
	}
	asked, err := web.Ask(ctx, known.Client, known.Stored.Secret)
	if err != nil {
		return fmt.Errorf("ask Okta: %w", err)
	}
	known.Asked = asked
	return nil
}
