package api

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendResolveResponse is json.Marshal for the most frequent response, without
// reflection: the same bytes, except that < > & in values are not escaped.
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
		if s.Version != 0 {
			b = append(b, `,"version":`...)
			b = strconv.AppendInt(b, int64(s.Version), 10)
		}
		if s.EnvDict != nil {
			b = append(b, `,"env_dict":`...)
			b = s.EnvDict.append(b)
		}
		if s.Absent {
			b = append(b, `,"absent":true`...)
		}
		b = append(b, '}')
	}
	b = append(b, `],"etag":`...)
	b = appendString(b, r.Etag)
	return append(b, '}'), nil
}

// AppendResolveRequest is json.Marshal for the most frequent request, without
// reflection: the same bytes, except that < > & are not escaped.
func AppendResolveRequest(b []byte, r ResolveRequest) []byte {
	b = append(b, `{"secrets":[`...)
	for i, s := range r.Secrets {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"environment":`...)
		b = appendString(b, s.Environment)
		b = append(b, `,"name":`...)
		b = appendString(b, s.Name)
		for i, k := range s.RequiredKeys {
			b = append(b, [...]string{`,"required_keys":[`, `,`}[min(i, 1)]...)
			b = appendString(b, k)
		}
		if len(s.RequiredKeys) > 0 {
			b = append(b, ']')
		}
		if s.Version != 0 {
			b = append(b, `,"version":`...)
			b = strconv.AppendInt(b, int64(s.Version), 10)
		}
		if s.Optional {
			b = append(b, `,"optional":true`...)
		}
		b = append(b, '}')
	}
	b = append(b, ']')
	if r.Etag != "" {
		b = append(b, `,"etag":`...)
		b = appendString(b, r.Etag)
	}
	return append(b, '}')
}

// AnswerSize estimates how many bytes AppendResolveResponse appends.
func AnswerSize(r ResolveResponse) int {
	n := 64
	for _, s := range r.Secrets {
		n += 96 + len(s.Environment) + len(s.Name)
		for k, v := range s.EnvDict {
			n += 8 + len(k) + v.Len()
		}
	}
	return n
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

// appendString appends a JSON string; encoding/json does it if it needs escapes.
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
