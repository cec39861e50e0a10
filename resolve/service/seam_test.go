package service

import (
	"reflect"
	"strings"
	"testing"
)

// TestSeamsAreSealed: what lets a test weaken a promise of the service, such as
// that each access is in the audit trail, has a type that only packages below
// this one can name, and nothing of it is exported.
func TestSeamsAreSealed(t *testing.T) {
	config, seams := reflect.TypeFor[Config](), 0
	for i := range config.NumField() {
		f := config.Field(i)
		if !f.IsExported() || !strings.HasPrefix(f.Name, "Test") {
			continue
		}
		seams++
		if !strings.Contains(f.Type.PkgPath(), "/service/internal/") || f.Type.Kind() != reflect.Struct {
			t.Errorf("Config.%s has type %s: any user of the package can set it", f.Name, f.Type)
			continue
		}
		for _, inner := range reflect.VisibleFields(f.Type) {
			if inner.IsExported() {
				t.Errorf("Config.%s.%s is exported", f.Name, inner.Name)
			}
		}
		if n := reflect.PointerTo(f.Type).NumMethod(); n > 0 {
			t.Errorf("Config.%s has %d exported methods", f.Name, n)
		}
	}
	if seams == 0 {
		t.Error("no seam at all: this test looks at nothing")
	}
}
