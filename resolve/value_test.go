package resolve

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.yaml.in/yaml/v3"
)

const canary = "c4n4ry-hunter2"

type holder struct {
	Exported Value
	hidden   Value
	Pointer  *Value
	List     []Value
	Map      map[string]Value
	Any      any
	err      error
}

// holders is a Value in every place from which formatters take it.
func holders() map[string]any {
	v := NewValue(canary)
	h := holder{v, v, &v, []Value{v}, map[string]Value{"K": v}, v, fmt.Errorf("x: %v", v)}
	return map[string]any{
		"value": v, "pointer": &v, "slice": []Value{v}, "array": [1]Value{v}, "map": map[string]Value{"K": v},
		"struct": h, "struct pointer": &h, "nested": []any{map[string]any{"x": h}}, "layer": Layer{Vars: []Var{{Value: v}}},
		"secret": FromDict(map[string]*string{"K": ptr(canary)}),
	}
}

func ptr[T any](v T) *T { return &v }

func TestValueNeverPrints(t *testing.T) {
	verbs := strings.Split("%v %+v %#v %s %q %x %X %d %t %c %U %e %p %T %o %b %10s %-5v %!", " ")
	for name, in := range holders() {
		var out strings.Builder
		for _, verb := range verbs {
			fmt.Fprintf(&out, verb+"\n", in)
		}
		fmt.Fprintln(&out, in)
		out.WriteString(fmt.Sprint(in))
		for _, encoded := range encodings(in) {
			out.Write(encoded)
		}
		if leaked(out.String()) {
			t.Errorf("%s leaks:\n%s", name, out.String())
		}
	}
	if got := fmt.Sprintf("%v %d", NewValue(canary), NewValue(canary)); got != "[redacted] [redacted]" {
		t.Errorf("got %q", got)
	}
	if got := NewValue(canary).Reveal(); got != canary {
		t.Errorf("Reveal: %q", got)
	}
}

func encodings(in any) (all [][]byte) {
	j, _ := json.Marshal(in)
	x, _ := xml.Marshal(in)
	y, _ := yaml.Marshal(in)
	var g, h, s, z bytes.Buffer
	_ = gob.NewEncoder(&g).Encode(in)
	_ = template.Must(template.New("").Parse("{{.}} {{printf \"%v\" .}}")).Execute(&h, in)
	slog.New(slog.NewJSONHandler(&s, nil)).Info("x", "v", in)
	slog.New(slog.NewTextHandler(&s, nil)).Info("x", "v", in)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&z), zapcore.DebugLevel)
	zap.New(core).Info("x", zap.Any("any", in), zap.Reflect("reflect", in))
	return [][]byte{j, x, y, g.Bytes(), h.Bytes(), s.Bytes(), z.Bytes()}
}

// leaked looks for the canary as text, and as %x and %d print bytes.
func leaked(out string) bool {
	low := strings.ToLower(out)
	return strings.Contains(low, canary) || strings.Contains(low, fmt.Sprintf("%x", canary)) ||
		strings.Contains(low, strings.Trim(fmt.Sprint([]byte(canary)), "[]"))
}

func TestValueEqual(t *testing.T) {
	if !NewValue("a").Equal(NewValue("a")) || NewValue("a").Equal(NewValue("b")) || !(Value{}).Equal(NewValue("")) {
		t.Error("Equal compares the plaintexts")
	}
}
