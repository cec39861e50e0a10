package run

import (
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/mask"
	"github.com/squire-env/squire/resolve"
)

// outputMask is what --mask asks for. The zero one masks nothing.
type outputMask struct{ masker *mask.Masker }

func (f *parentFlags) outputMask() outputMask {
	if !f.mask {
		return outputMask{}
	}
	return outputMask{mask.New()}
}

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
