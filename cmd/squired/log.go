package main

import (
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
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
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), least))
}
