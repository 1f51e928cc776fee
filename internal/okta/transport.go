package okta

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Transport sends requests to the org with the Client's admin credential, within its budget, for programs that need more
// of the admin API than this package offers. Unlike the methods of Client it hands out every answer, refusals too; errors
// are those of this package. A request to another host is refused, because the credential would go with it.
func (c *Client) Transport() http.RoundTripper { return &adminTransport{client: c} }

type adminTransport struct {
	client *Client
}

// RoundTrip implements http.RoundTripper. Of the request's headers only Content-Type is sent.
func (t *adminTransport) RoundTrip(wanted *http.Request) (*http.Response, error) {
	body, err := bodyOf(wanted)
	if err != nil {
		return nil, err
	}
	if org, err := url.Parse(t.client.orgURL); err != nil || wanted.URL.Scheme != org.Scheme || wanted.URL.Host != org.Host {
		return nil, errors.New("send an admin request: it is for another host than the org's")
	}
	reply, err := t.client.signAndSend(wanted.Context(), call{
		operation: wanted.Method + " " + wanted.URL.Path, method: wanted.Method, path: wanted.URL.RequestURI(),
		body: body, contentType: wanted.Header.Get("Content-Type"), confidential: true,
	})
	if err != nil {
		return nil, err
	}
	return reply.response(wanted), nil
}

// bodyOf reads the request's body and closes it, as RoundTrip must whatever comes of it.
func bodyOf(wanted *http.Request) ([]byte, error) {
	if wanted.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(wanted.Body)
	if err = errors.Join(err, wanted.Body.Close()); err != nil {
		return nil, errors.New("send an admin request: its body cannot be read")
	}
	return body, nil
}

// response is the answer in the form that an http.RoundTripper returns.
func (a answer) response(wanted *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: wanted,
	}
}
