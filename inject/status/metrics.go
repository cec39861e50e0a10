package status

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// metrics is the body of /metrics. It is less by hand than with a library.
func metrics(s Snapshot, now time.Time) []byte {
	var p page
	if s.Child != nil {
		p.child(s.Child)
	}
	p.family("squire_refreshes_total", "counter", "how often the sources were resolved again")
	p.sample("result", "success", float64(s.Sources.Refreshes))
	p.sample("result", "failure", float64(s.Sources.Failures))
	p.family("squire_changes_total", "counter", "refreshes that brought another environment")
	p.sample("", "", float64(s.Sources.Changes))
	p.family("squire_blind_files", "gauge", "files that may change without an event")
	p.sample("", "", float64(len(s.Sources.Blind)))
	p.family("squire_secret_version", "gauge", "the version in use")
	sources := s.Sources.Sources[:0:0]
	seen := map[string]bool{} // a source may be listed twice, a sample may not
	for _, source := range s.Sources.Sources {
		if !seen[source.Label] {
			seen[source.Label] = true
			sources = append(sources, source)
		}
	}
	for _, source := range sources {
		if source.Version != 0 {
			p.sample("source", source.Label, float64(source.Version))
		}
	}
	p.family("squire_secret_stale_seconds", "gauge", "for how long a newer one could not be had; 0: it could")
	for _, source := range sources {
		stale := 0.0
		if !source.StaleSince.IsZero() {
			stale = max(0, now.Sub(source.StaleSince).Seconds())
		}
		p.sample("source", source.Label, stale)
	}
	p.family("squire_secret_fetch_time_seconds", "gauge", "when it was last known to be current")
	for _, source := range sources {
		p.sample("source", source.Label, unix(source.FetchedAt))
	}
	return []byte(p.String())
}

func (p *page) child(c *Child) {
	up := 0.0
	if c.Phase == Running {
		up = 1
	}
	p.family("squire_child_up", "gauge", "whether the command runs")
	p.sample("", "", up)
	p.family("squire_child_restarts_total", "counter", "starts of the command after the first")
	p.sample("", "", float64(c.Restarts))
	if !c.StartedAt.IsZero() {
		p.family("squire_child_start_time_seconds", "gauge", "when the command started last")
		p.sample("", "", unix(c.StartedAt))
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// page is in Prometheus' text format.
type page struct {
	strings.Builder
	name string
}

func (p *page) family(name, kind, help string) {
	p.name = name
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (p *page) sample(label, value string, x float64) {
	p.WriteString(p.name)
	if label != "" {
		fmt.Fprintf(p, `{%s="%s"}`, label, escape(value))
	}
	p.WriteString(" " + strconv.FormatFloat(x, 'f', -1, 64) + "\n")
}

func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "\uFFFD"))
}
