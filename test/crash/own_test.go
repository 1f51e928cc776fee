package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Secrets are told apart by their namespaces: an operator sees those of its own worlds, in lists and watches. Otherwise it would
// see journals of credentials that it does not see, and take them for what deleted ones left.

const secretsPath = "/api/v1/secrets"

// asJSON asks for metadata in a form that can be taken apart line by line.
func asJSON(in *http.Request) {
	kind := "PartialObjectMetadataList"
	if in.URL.Query().Get("watch") != "" {
		kind = "PartialObjectMetadata"
	}
	in.Header.Set("Accept", "application/json;as="+kind+";g=meta.k8s.io;v=v1")
	in.Header.Del("Accept-Encoding")
}

// showsItsOwn takes other operators' Secrets out of an answer.
func (o *operator) showsItsOwn(answer *http.Response) error {
	if answer.Request.URL.Query().Get("watch") != "" {
		answer.Body = o.ownEvents(answer.Body)

		return nil
	}
	var list metav1.PartialObjectMetadataList
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return err
	}
	own := list.Items[:0]
	for _, item := range list.Items {
		if o.knows(item.Namespace) {
			own = append(own, item)
		}
	}
	list.Items = own
	content, err := json.Marshal(list)
	if err != nil {
		return err
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	answer.Header.Set("Content-Length", strconv.Itoa(len(content)))

	return nil
}

// ownEvents passes on a watch's events about the operator's own worlds, and about none.
func (o *operator) ownEvents(events io.ReadCloser) io.ReadCloser {
	out, in := io.Pipe()
	go func() {
		lines := bufio.NewReader(events)
		for {
			line, err := lines.ReadBytes('\n')
			var event struct {
				Object metav1.PartialObjectMetadata `json:"object"`
			}
			if json.Unmarshal(line, &event) != nil || event.Object.Namespace == "" || o.knows(event.Object.Namespace) {
				if _, gone := in.Write(line); gone != nil {
					err = gone
				}
			}
			if err != nil {
				_ = in.CloseWithError(err)
				_ = events.Close()

				return
			}
		}
	}()

	return struct {
		io.Reader
		io.Closer
	}{out, closers{out, events}}
}

type closers []io.Closer

// Close closes all of them.
func (c closers) Close() error {
	for _, one := range c {
		_ = one.Close()
	}

	return nil
}
