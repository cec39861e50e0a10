package status

import (
	"encoding/json"
	"time"

	"github.com/squire-env/squire/inject/refresh"
)

// document is the body of /status.
func document(s Snapshot) []byte {
	type child struct {
		Phase     string  `json:"phase"`
		PID       int     `json:"pid"` // 0: none now
		StartedAt instant `json:"started_at"`
		Restarts  int     `json:"restarts"`
		Failures  int     `json:"failures"`
		LastCode  int     `json:"last_code"` // -1: none yet
	}
	type secret struct {
		Source     string  `json:"source"`
		Version    int     `json:"version"` // 0: it has none
		FetchedAt  instant `json:"fetched_at"`
		StaleSince instant `json:"stale_since"`
		LastError  string  `json:"last_error"`
	}
	type blind struct {
		File   string `json:"file"`
		Reason string `json:"reason"`
	}
	type refreshes struct {
		Succeeded   int     `json:"succeeded"`
		Failed      int     `json:"failed"`
		Changes     int     `json:"changes"`
		LastSuccess instant `json:"last_success"`
		LastFailure instant `json:"last_failure"`
		LastChange  instant `json:"last_change"`
		WatchError  string  `json:"watch_error"`
		Watching    string  `json:"watching"`
		BlindFiles  []blind `json:"blind_files"` // may change without an event
	}
	r := s.Sources
	d := struct {
		Child     *child    `json:"child"` // null: there is no command
		Secrets   []secret  `json:"secrets"`
		Refreshes refreshes `json:"refreshes"`
	}{
		nil,
		make([]secret, len(r.Sources)),
		refreshes{r.Refreshes, r.Failures, r.Changes, instant(r.LastSuccess), instant(r.LastFailure), instant(r.LastChange), r.WatchError, watching(r), make([]blind, len(r.Blind))},
	}
	if c := s.Child; c != nil {
		d.Child = &child{c.Phase, c.PID, instant(c.StartedAt), c.Restarts, c.Failures, c.LastCode}
	}
	for i, s := range r.Sources {
		d.Secrets[i] = secret{s.Label, s.Version, instant(s.FetchedAt), instant(s.StaleSince), s.LastError}
	}
	for i, b := range r.Blind {
		d.Refreshes.BlindFiles[i] = blind{b.Path, b.Reason}
	}
	body, _ := json.Marshal(d) // nothing in it can fail
	return append(body, '\n')
}

// watching is by what changes of files are found.
func watching(s refresh.State) string {
	switch {
	case !s.Watching:
		return "off"
	case len(s.Blind) == 0:
		return "events"
	case s.Looked == 0:
		return "blind" // those of some are not
	}
	return "polling" // of some
}

// instant is a time as all JSON of squire has it; null: never.
type instant time.Time

func (t instant) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000000000Z"`)), nil
}
