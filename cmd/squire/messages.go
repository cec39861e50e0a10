package main

// The rules of what squire says:
//
//   - Standard error only. Standard output belongs to the child, or to what
//     the user asked to see.
//   - One "squire: error: …" line a fault, then at most one "squire: hint: …"
//     with something to type. A successful run says nothing.
//   - No value, at any level. Names that could be values are not said either.
//   - As JSON (--log-format json) each is one object, and the hint a field.

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/squire-env/squire/resolve"
)

// messages is zap without its front: a core is made for the first line that
// is really written, since most runs write none.
type messages struct {
	stderr io.Writer
	level  zapcore.Level
	json   bool
	outbox *outbox // non-nil: it is stderr

	mu   sync.Mutex // a parent's are said by several goroutines
	core zapcore.Core
}

func newMessages(stderr io.Writer) *messages {
	return &messages{stderr: stderr, level: zapcore.WarnLevel}
}

// set says what is said, and how: one of the four levels, and text or json.
func (m *messages) set(level, format string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.level, _ = zapcore.ParseLevel(level)
	m.json = format == "json"
}

// detach leaves the writing to a goroutine; flush waits for it, for a moment,
// and is the end of saying anything.
func (m *messages) detach() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outbox, m.core = newOutbox(m.stderr), nil
	m.stderr = m.outbox
}

func (m *messages) flush() {
	m.mu.Lock()
	box := m.outbox
	if box != nil {
		m.stderr, m.outbox, m.core = io.Discard, nil, nil
	}
	m.mu.Unlock()
	if box != nil {
		box.close(time.Second)
	}
}

func (m *messages) debugf(format string, args ...any) {
	m.write(zapcore.DebugLevel, "", format, args...)
}
func (m *messages) infof(format string, args ...any) { m.write(zapcore.InfoLevel, "", format, args...) }
func (m *messages) notef(format string, args ...any) { m.write(zapcore.WarnLevel, "", format, args...) }

func (m *messages) fail(faults []error, hint string) {
	for i, f := range faults {
		h := ""
		if i == len(faults)-1 {
			h = hint
		}
		m.write(zapcore.ErrorLevel, h, "%s", f)
	}
}

func (m *messages) write(level zapcore.Level, hint, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if level < m.level && level < zapcore.ErrorLevel {
		return
	}
	text, hint := resolve.HideSlips(oneLine(fmt.Sprintf(format, args...))), resolve.HideSlips(oneLine(hint))
	if !m.json {
		fmt.Fprintf(m.stderr, "squire: %s: %s\n", levelName(level), text)
		if hint != "" {
			fmt.Fprintf(m.stderr, "squire: hint: %s\n", hint)
		}
		return
	}
	if m.core == nil {
		m.core = zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{
			TimeKey: "time", LevelKey: "level", MessageKey: "message",
			EncodeTime: zapcore.RFC3339NanoTimeEncoder, EncodeLevel: zapcore.LowercaseLevelEncoder,
		}), zapcore.AddSync(m.stderr), zapcore.DebugLevel)
	}
	var fields []zapcore.Field
	if hint != "" {
		fields = []zapcore.Field{{Key: "hint", Type: zapcore.StringType, String: hint}}
	}
	_ = m.core.Write(zapcore.Entry{Level: level, Time: time.Now().UTC(), Message: text}, fields)
}

func levelName(l zapcore.Level) string {
	if l == zapcore.WarnLevel {
		return "warning"
	}
	return l.String()
}

// oneLine keeps a fault to its line, whatever a file name holds.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
