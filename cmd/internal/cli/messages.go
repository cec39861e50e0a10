package cli

// The rules of what a binary says:
//
//   - Standard error only. Standard output belongs to the child, or to what
//     the user asked for.
//   - One "squire: error: …" line for each fault, then at most one
//     "squire: hint: …" with something to type. A successful call says nothing.
//   - No value, at any level. Names that may be values are not printed either.
//   - With --log-format json each message is one object, and the hint a field.

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/squire-env/squire/resolve"
)

// Messages writes to standard error. It may be used by several goroutines.
//
// It is zap without its front end: an encoder is made for the first JSON line,
// since most runs write none.
type Messages struct {
	program string
	rename  *strings.Replacer

	mu     sync.Mutex
	stderr io.Writer
	level  zapcore.Level
	json   bool
	outbox *outbox      // non-nil: it is stderr
	core   zapcore.Core // nil: no JSON line was written yet
}

// NewMessages makes the messages of a program. Warnings and errors are shown
// as text until Set is called.
func NewMessages(program string, stderr io.Writer) *Messages {
	return &Messages{program: program, stderr: stderr, level: zapcore.WarnLevel}
}

// Rename replaces names in all messages: those of another program's settings.
// It must be called before the first message.
func (m *Messages) Rename(r *strings.Replacer) { m.rename = r }

// Set sets the minimum level (debug, info, warn or error) and the format (text
// or json).
func (m *Messages) Set(level, format string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.level, _ = zapcore.ParseLevel(level)
	m.json = format == "json"
}

// Detach moves the writing to a goroutine, so that a reader of standard error
// who has stopped reading cannot block the caller.
func (m *Messages) Detach() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outbox, m.core = newOutbox(m.program, m.stderr), nil
	m.stderr = m.outbox
}

// Flush waits for a moment until what was detached is written. Messages after
// that are dropped. Without Detach it does nothing.
func (m *Messages) Flush() {
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

// Ask writes a question, which stays on its line for the answer.
func (m *Messages) Ask(question string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprint(m.stderr, OneLine(question)+" ")
}

func (m *Messages) Debugf(format string, args ...any) {
	m.write(zapcore.DebugLevel, "", format, args...)
}
func (m *Messages) Infof(format string, args ...any) { m.write(zapcore.InfoLevel, "", format, args...) }
func (m *Messages) Warnf(format string, args ...any) { m.write(zapcore.WarnLevel, "", format, args...) }
func (m *Messages) Warn(text string)                 { m.write(zapcore.WarnLevel, "", "%s", text) }

// Errors writes a line for each fault, and the hint after the last.
func (m *Messages) Errors(faults []error, hint string) {
	for i, f := range faults {
		h := ""
		if i == len(faults)-1 {
			h = hint
		}
		m.write(zapcore.ErrorLevel, h, "%s", f)
	}
}

func (m *Messages) write(level zapcore.Level, hint, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if level < m.level && level < zapcore.ErrorLevel {
		return
	}
	text, hint := m.clean(fmt.Sprintf(format, args...)), m.clean(hint)
	if !m.json {
		fmt.Fprintf(m.stderr, "%s: %s: %s\n", m.program, levelName(level), text)
		if hint != "" {
			fmt.Fprintf(m.stderr, "%s: hint: %s\n", m.program, hint)
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

// clean is the last line of defence: one line, without tokens and keys.
func (m *Messages) clean(text string) string {
	if m.rename != nil {
		text = m.rename.Replace(text)
	}
	return resolve.RedactTokens(OneLine(text))
}

func levelName(l zapcore.Level) string {
	if l == zapcore.WarnLevel {
		return "warning"
	}
	return l.String()
}

// OneLine replaces control characters, so that a file name or the like cannot
// break its line or steer a terminal, and those that change the direction of
// writing, so that it is read as it is.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
