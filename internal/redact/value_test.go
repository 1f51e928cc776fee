package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

const secret = "hush-hush-0123456789"

func TestNothingPrintsASecret(t *testing.T) {
	value := NewValue(secret)
	nested := struct {
		Value   Value
		Pointer *Value
		Map     map[string]Value
	}{value, &value, map[string]Value{"key": value}}

	for name, show := range map[string]func() string{
		"%v":              func() string { return fmt.Sprintf("%v", value) },
		"%+v of a struct": func() string { return fmt.Sprintf("%+v", nested) },
		"%#v of a struct": func() string { return fmt.Sprintf("%#v", nested) },
		"%s":              func() string { return fmt.Sprintf("%s", value) },
		"%q":              func() string { return fmt.Sprintf("%q", value) },
		"%x":              func() string { return fmt.Sprintf("%x", value) },
		"%d":              func() string { return fmt.Sprintf("%d", value) },
		"an error":        func() string { return fmt.Errorf("send %v: %w", value, errors.New("refused")).Error() },
		"JSON":            func() string { return marshal(t, nested) },
		"a JSON map key":  func() string { return marshal(t, map[Value]int{value: 1}) },
		"slog as text": func() string {
			return logged(value, func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) })
		},
		"slog as JSON": func() string {
			return logged(value, func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) })
		},
		"logr":    func() string { return loggedByLogr(nested, value) },
		"a panic": func() string { return panicked(value) },
	} {
		t.Run(name, func(t *testing.T) {
			printed := show()
			if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) {
				t.Errorf("it prints the secret: %s", printed)
			}
			if !strings.Contains(printed, placeholder) {
				t.Errorf("it does not say that something is left out: %s", printed)
			}
		})
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}

	return string(data)
}

func logged(value Value, handler func(*bytes.Buffer) slog.Handler) string {
	var out bytes.Buffer
	slog.New(handler(&out)).Info("Sent", "value", value, "group", slog.GroupValue(slog.Any("inner", value)))

	return out.String()
}

func loggedByLogr(values ...any) string {
	var out strings.Builder
	logger := funcr.New(func(prefix, args string) { out.WriteString(prefix + args) }, funcr.Options{})
	for _, value := range values {
		logger.Info("Sent", "value", value)
	}

	return out.String()
}

func panicked(value Value) (printed string) {
	defer func() { printed = fmt.Sprint(recover()) }()
	panic(value)
}

func TestTheHashIsHalfOfSHA256InBase64URL(t *testing.T) {
	// The first 16 bytes of the test vector of FIPS 180-4 for "abc": ba7816bf8f01cfea414140de5dae2223.
	if got, want := NewValue("abc").Hash(), "ungWv48Bz-pBQUDeXa4iIw"; got != want {
		t.Errorf("hash of abc is %s, want %s", got, want)
	}
}

func TestEqualComparesValues(t *testing.T) {
	if !NewValue(secret).Equal(NewValue(secret)) || NewValue(secret).Equal(NewValue(secret+"\n")) || NewValue("").Equal(NewValue(secret)) {
		t.Error("equal values must be equal, and no others")
	}
	if !NewValue("").IsEmpty() || NewValue(secret).IsEmpty() {
		t.Error("only an empty value is empty")
	}
}
