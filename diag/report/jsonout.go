package report

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"metriage/diag"
)

// writeJSON writes v on one line or indented, with every character that a
// terminal could take for more than text escaped.
func writeJSON(w io.Writer, v any, indent bool) error {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeInvisible(buf.Bytes()))
	return err
}

// escapeInvisible writes characters that diag.Clean would replace as \u
// escapes. encoding/json has already done so with C0 controls, and such
// characters can only stand inside strings.
func escapeInvisible(b []byte) []byte {
	plain := true
	for _, c := range b {
		if c >= 0x7F {
			plain = false
			break
		}
	}
	if plain {
		return b
	}
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(b)+64)
	unit := func(u uint16) {
		out = append(out, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r < 0x7F:
			out = append(out, b[0])
		case diag.Clean(string(r)) == string(r):
			out = append(out, b[:n]...)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			unit(uint16(hi))
			unit(uint16(lo))
		default:
			unit(uint16(r))
		}
		b = b[n:]
	}
	return out
}

// stamp is a time as JSON: RFC 3339, or null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format(time.RFC3339)
	return &s
}

// utc is a time for machines: the same whatever the time zone of the logs.
func utc(t time.Time) *string { return stamp(t.UTC()) }

// stamp is a time in the time zone of the logs.
func (s Style) stamp(t time.Time) *string {
	if !t.IsZero() && s.Location != nil {
		t = t.In(s.Location)
	}
	return stamp(t)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
