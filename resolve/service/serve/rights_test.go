package serve

import (
	"reflect"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/service"
)

const module = "github.com/squire-env/squire/"

// TestHandlersCannotNameTheOwnersService walks every type that a handler can
// reach from its call, through fields and results of methods. None of them is
// service.Service, which can act as its owner or as any other caller, or an
// interface that may contain one.
func TestHandlersCannotNameTheOwnersService(t *testing.T) {
	w := &walk{TB: t, seen: map[reflect.Type]bool{}}
	w.visit("call", reflect.TypeFor[*call]())
	for _, must := range []reflect.Type{reflect.TypeFor[Server](), reflect.TypeFor[Route]()} {
		if !w.seen[must] {
			t.Errorf("the walk has not reached %s, so it does not cover what handlers use", must)
		}
	}
}

type walk struct {
	testing.TB
	seen map[reflect.Type]bool
}

func (w *walk) visit(path string, t reflect.Type) {
	owner := reflect.TypeFor[*service.Service]()
	if t == owner || t == owner.Elem() {
		w.Errorf("a handler can name %s, which is a %s", path, t)
		return
	}
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	if t.Kind() == reflect.Interface && t.NumMethod() > 0 && owner.Implements(t) {
		w.Errorf("a handler can name %s, a %s, which may contain a %s", path, t, owner)
		return
	}
	if t.PkgPath() != "" && !strings.HasPrefix(t.PkgPath(), module) {
		return // types of other modules contain none of ours
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() || f.PkgPath == module+"resolve/service/serve" {
				w.visit(path+"."+f.Name, f.Type)
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		w.visit(path, t.Elem())
	case reflect.Map:
		w.visit(path, t.Key())
		w.visit(path, t.Elem())
	case reflect.Func:
		w.results(path, t)
	}
	for i := range t.NumMethod() {
		w.results(path+"."+t.Method(i).Name, t.Method(i).Type)
	}
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		p := reflect.PointerTo(t)
		for i := range p.NumMethod() {
			w.results(path+"."+p.Method(i).Name, p.Method(i).Type)
		}
	}
}

func (w *walk) results(path string, fn reflect.Type) {
	for i := range fn.NumOut() {
		w.visit(path+"()", fn.Out(i))
	}
}
