package main

import (
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/mask"
	"github.com/squire-env/squire/resolve"
)

// hiding is what --mask asks for. The zero one hides nothing.
type hiding struct{ masker *mask.Masker }

func (f *superviseFlags) hiding() hiding {
	if !f.mask {
		return hiding{}
	}
	return hiding{mask.New()}
}

// add is for all that sources have set, before a command has it.
func (h hiding) add(e *inject.Environment) {
	if h.masker == nil {
		return
	}
	var values []resolve.Value
	for _, v := range e.Vars() {
		if v.Source != inject.Inherited {
			values = append(values, v.Value)
		}
	}
	h.masker.Add(values...)
}
