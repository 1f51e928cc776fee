package okta

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	oktasdk "github.com/okta/okta-sdk-golang/v5/okta"
)

// Application reads an application by its id. One that is no OAuth client comes with its id alone and IsOIDC false.
func (c *Client) Application(ctx context.Context, appID string) (Application, error) {
	request := call{operation: "read the application", method: http.MethodGet, scope: scopeAppsRead}
	if err := checkID(request.operation, appID); err != nil {
		return Application{}, err
	}
	ctx, outcome := withSDKCall(ctx, request)
	found, _, err := c.sdk().ApplicationAPI.GetApplication(ctx, appID).Execute()
	switch {
	case outcome.err != nil:
		return Application{}, outcome.err
	case err != nil || found == nil || found.GetActualInstance() == nil:
		return Application{}, unreadable(request, outcome.reply)
	case found.OpenIdConnectApplication == nil:
		return Application{ID: appID}, nil
	}
	return applicationOf(request, outcome.reply, found.OpenIdConnectApplication)
}

func applicationOf(request call, reply answer, found *oktasdk.OpenIdConnectApplication) (Application, error) {
	credentials := found.Credentials.GetOauthClient()
	settings := found.Settings.GetOauthClient()
	application := Application{
		ID:                      found.GetId(),
		ClientID:                credentials.GetClientId(),
		Status:                  ApplicationStatus(found.GetStatus()),
		Label:                   found.GetLabel(),
		ApplicationType:         settings.GetApplicationType(),
		TokenEndpointAuthMethod: credentials.GetTokenEndpointAuthMethod(),
		GrantTypes:              settings.GetGrantTypes(),
		RedirectURIs:            settings.GetRedirectUris(),
		PKCERequired:            credentials.GetPkceRequired(),
		DPoPBound:               settings.GetDpopBoundAccessTokens(),
		IsOIDC:                  true,
	}
	if application.ID == "" || application.ClientID == "" || application.Status == "" {
		return Application{}, unreadable(request, reply)
	}
	return application, nil
}

// newSDK wraps Okta's SDK around our own exchange. It is configured by hand, because NewConfiguration reads ~/.okta and the
// environment; its authentication, cache and retries stay out of use, and its Host is set, because it would lose the port.
func (c *Client) newSDK() *oktasdk.APIClient {
	org, err := url.Parse(c.orgURL)
	if err != nil {
		org = &url.URL{Scheme: "https"}
	}
	configuration := &oktasdk.Configuration{
		Scheme:     org.Scheme,
		Host:       org.Host,
		UserAgent:  userAgent,
		Servers:    oktasdk.ServerConfigurations{{URL: c.orgURL}},
		HTTPClient: &http.Client{Transport: &sdkTransport{client: c}},
	}
	// Any mode but these makes the SDK refuse; the empty token it sets never leaves, since the transport sets its own.
	configuration.Okta.Client.AuthorizationMode = "Bearer"
	return oktasdk.NewAPIClient(configuration)
}

// sdkCall carries a request through the SDK and its outcome back, because the SDK keeps of an error only the text.
type sdkCall struct {
	request call
	reply   answer
	err     error
}

type sdkCallKey struct{}

func withSDKCall(ctx context.Context, request call) (context.Context, *sdkCall) {
	carried := &sdkCall{request: request}
	return context.WithValue(ctx, sdkCallKey{}, carried), carried
}

// sdkTransport sends what the SDK wants to send by way of Client.exchange. The SDK sees 2xx answers and no others, so none
// of its retries can start.
type sdkTransport struct {
	client *Client
}

// RoundTrip implements http.RoundTripper for requests without a body, which are all that we make through the SDK.
func (t *sdkTransport) RoundTrip(wanted *http.Request) (*http.Response, error) {
	carried, ok := wanted.Context().Value(sdkCallKey{}).(*sdkCall)
	if !ok {
		return nil, errors.New("send a request of the SDK: it was not announced")
	}
	carried.request.path = wanted.URL.RequestURI()
	carried.reply, carried.err = t.client.exchange(wanted.Context(), carried.request)
	if carried.err != nil {
		return nil, errRefused
	}
	return carried.reply.response(wanted), nil
}

// errRefused stands for sdkCall.err: the SDK repeats a request for ever whose error unwraps to io.EOF.
var errRefused = errors.New("the request was not answered with a 2xx")
