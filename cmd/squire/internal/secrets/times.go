package secrets

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve/api"
)

func timeOrNever(t *api.Time) string {
	if t == nil {
		return "never"
	}
	return cli.Time(t.Time)
}

// beforeFlag is a time in the past: RFC 3339, a date (UTC), or an age.
type beforeFlag struct{ at api.Time }

func (b *beforeFlag) String() string { return "" }
func (b *beforeFlag) Type() string   { return "TIME" }
func (b *beforeFlag) Set(text string) error {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 365000 {
			b.at = api.NewTime(time.Now().AddDate(0, 0, -n))
			return nil
		}
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		b.at = api.NewTime(t)
		return nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		b.at = api.NewTime(t)
		return nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		b.at = api.NewTime(time.Now().Add(-d))
		return nil
	}
	return fmt.Errorf("want RFC 3339, a date such as 2026-11-23, or an age such as 7d")
}
