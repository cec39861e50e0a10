package refresh

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/squire-env/squire/inject/plan"
)

// resolve calls Resolve. A panic must not take PID 1 along.
func (r *Refresher) resolve(ctx context.Context) (result *plan.Result, err error) {
	defer recovered(&err)
	if result, err = r.cfg.Resolve(ctx); err == nil && result == nil {
		err = errors.New("there is no result")
	}
	return result, err
}

// recovered makes an error of a panic: its type and place, since its text may
// hold a value.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %T in %s; this is a bug in squire", p, panicked())
	}
}

// panicked is where the panic that is being recovered began.
func panicked() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for seen := false; ; {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if seen = seen || inRuntime; seen && !inRuntime {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
