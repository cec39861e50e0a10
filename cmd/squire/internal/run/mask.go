package run

import (
	"sync/atomic"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/mask"
	"github.com/squire-env/squire/resolve"
)

// outputMask is what --mask asks for. The zero one masks nothing.
type outputMask struct {
	masker *mask.Masker
	failed *atomic.Bool // some of what the command printed could not be written
}

func (f *parentFlags) outputMask() outputMask {
	if !f.mask {
		return outputMask{}
	}
	return outputMask{mask.New(), new(atomic.Bool)}
}

// lost says whether some of the output was: the command, which wrote into a pipe,
// does not know that.
func (m outputMask) lost() bool { return m.failed != nil && m.failed.Load() }

// add is for all that sources have set, before a command has it.
func (m outputMask) add(e *inject.Environment) {
	if m.masker == nil {
		return
	}
	var values []resolve.Value
	for _, v := range e.Vars() {
		if v.Source != inject.Inherited {
			values = append(values, v.Value)
		}
	}
	m.masker.Add(values...)
}
