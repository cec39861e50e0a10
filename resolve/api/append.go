package api

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendResolveResponse is json.Marshal for the answer that is asked for most:
// the same bytes, but for < > & in values, without reflection.
func AppendResolveResponse(b []byte, r ResolveResponse) ([]byte, error) {
	if r.Unchanged {
		b = append(b, `{"etag":`...)
		b = appendString(b, r.Etag)
		return append(b, `,"unchanged":true}`...), nil
	}
	b = append(b, `{"secrets":[`...)
	for i, s := range r.Secrets {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"environment":`...)
		b = appendString(b, s.Environment)
		b = append(b, `,"name":`...)
		b = appendString(b, s.Name)
		b = append(b, `,"version":`...)
		b = strconv.AppendInt(b, int64(s.Version), 10)
		b = append(b, `,"env_dict":`...)
		b = s.EnvDict.append(b)
		b = append(b, '}')
	}
	b = append(b, `],"etag":`...)
	b = appendString(b, r.Etag)
	return append(b, '}'), nil
}

func (d EnvDict) append(b []byte) []byte {
	keys := slices.AppendSeq(make([]string, 0, len(d)), maps.Keys(d))
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, k)
		b = append(b, ':')
		b = appendString(b, d[k].Reveal())
	}
	return append(b, '}')
}

// appendString writes a JSON string. What needs an escape is left to
// encoding/json.
func appendString(b []byte, s string) []byte {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf
	}
	if plain {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	q, _ := marshalPlain(s) // a string has no error
	return append(b, q...)
}
