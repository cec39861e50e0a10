package typo

import "testing"

func TestOf(t *testing.T) {
	for _, c := range []struct {
		known, typed string
		want         bool
	}{
		{"stripe", "stripe", false}, {"stripe", "stirpe", true}, {"stripe", "stripes", true}, {"stripe", "strpe", true},
		{"stripe", "strype", true}, {"stripe", "sripet", false}, {"stripe", "strp", false}, {"db", "d", false}, {"a", "b", false},
		{"db", "bd", true}, {"db", "pg", false}, {"", "", false},
	} {
		if got := Of(c.known, c.typed); got != c.want {
			t.Errorf("%s, %s: %v", c.known, c.typed, got)
		}
		if got := Of(c.typed, c.known); got != c.want {
			t.Errorf("%s, %s: %v", c.typed, c.known, got)
		}
	}
}
