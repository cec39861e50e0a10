package agefile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
)

func identity(t *testing.T) *age.X25519Identity {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRoundTrip(t *testing.T) {
	a, b, other := identity(t), identity(t), identity(t)
	encrypt, err := Encrypt([]string{a.Recipient().String(), " " + b.Recipient().String() + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := encrypt(&file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "the store"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, ids := range [][]age.Identity{{a}, {b}, {other, b}} {
		plain, err := Decrypt(ids...)(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(plain); err != nil || string(text) != "the store" {
			t.Fatalf("%q, %v", text, err)
		}
	}
	if _, err := Decrypt(other)(&file); !errors.Is(err, resolve.ErrCorrupt) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
	if _, err := Decrypt(a)(strings.NewReader("no age file")); !errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
	if Decrypt() != nil {
		t.Fatal("no identity opens something")
	}
}

// An identity given as a recipient is reported by its position, not by its text.
func TestBadRecipients(t *testing.T) {
	id := identity(t)
	_, err := Encrypt([]string{id.Recipient().String(), id.String(), "age1nonsense"})
	if !errors.Is(err, resolve.ErrInvalid) || !strings.Contains(err.Error(), "recipient 2") || !strings.Contains(err.Error(), "recipient 3") {
		t.Fatal(err)
	}
	if strings.Contains(err.Error(), id.String()) || strings.Contains(resolve.Hint(err), id.String()) {
		t.Fatal("the error shows an identity")
	}
	if _, err := Encrypt(nil); !errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
}
