package help

import (
	"strings"
	"testing"
)

func TestPrinted(t *testing.T) {
	for text, want := range map[string]string{
		"later wins (see [order](order.md)).":              "later wins (see `squire help order`).",
		"[order](order.md), [squire.yaml](squire.yaml.md)": "`squire help order`, `squire help squire.yaml`",
		"`name`: a [reference](references.md)":             "`name`: a reference (`squire help references`)",
		"[age](https://age-encryption.org) [a](order.md)":  "[age](https://age-encryption.org) a (`squire help order`)",
		"[no](other.md) a](b":                              "[no](other.md) a](b",
		"](order.md)":                                      "](order.md)",
	} {
		if got := printed(text); got != want {
			t.Errorf("%s\nis printed as\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestNoLinkIsPrinted: what a topic prints sends the reader to no file.
func TestNoLinkIsPrinted(t *testing.T) {
	for _, topic := range Topics() {
		if got, err := run(topic.Name); err != nil || strings.Contains(got, ".md)") {
			t.Errorf("help %s: %v, links in\n%s", topic.Name, err, got)
		}
	}
}
