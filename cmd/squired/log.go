package main

import (
	"io"
	"slices"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/squire-env/squire/cmd/internal/cli"
)

// newLog is the log of a server. What goes into it are routes, statuses, codes
// and addresses: never zap.Any or Reflect, which would print what they find.
func newLog(w io.Writer, format, level string) *zap.Logger {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewConsoleEncoder(c)
	if format == "json" {
		encoder = zapcore.NewJSONEncoder(c)
	}
	least, err := zapcore.ParseLevel(level)
	if err != nil {
		least = zap.InfoLevel
	}
	return zap.New(&renamed{zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), least), ours()})
}

// renamed is a Core that says squired's names of variables instead of squire's.
type renamed struct {
	zapcore.Core
	names *strings.Replacer
}

func (r *renamed) With(fields []zapcore.Field) zapcore.Core {
	return &renamed{r.Core.With(r.rename(fields)), r.names}
}

func (r *renamed) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if r.Enabled(e.Level) {
		return to.AddCore(e, r)
	}
	return to
}

func (r *renamed) Write(e zapcore.Entry, fields []zapcore.Field) error {
	e.Message = cli.OneLine(r.names.Replace(e.Message))
	return r.Core.Write(e, r.rename(fields))
}

func (r *renamed) rename(fields []zapcore.Field) []zapcore.Field {
	all := slices.Clone(fields)
	for i := range all {
		all[i].String = r.names.Replace(all[i].String)
	}
	return all
}
