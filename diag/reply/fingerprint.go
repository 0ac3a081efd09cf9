package reply

import (
	"strings"

	"metriage/diag"
)

// Fingerprint returns a number that replies share which differ only in
// addresses, ids, times and hosts (64-bit FNV-1a of the folded representative).
func Fingerprint(r diag.Reply) uint64 {
	h := uint64(14695981039346656037)
	// A server names a client by its name or its address.
	for _, c := range []byte(fold(strings.ReplaceAll(Representative(r), "<ip>", "<host>"))) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// maxRepresentative bounds the readable text of a group.
const maxRepresentative = 600

// Representative returns the normalised text of r with what differs from one
// message to the next replaced: <ip>, <address>, <host>, <time>, <id>. Codes of
// a provider such as S3150, and the names of lists, stay.
func Representative(r diag.Reply) string {
	s := r.Text
	if len(s) > 4*maxRepresentative {
		s = s[:4*maxRepresentative]
	}
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	spans(s, func(p span) {
		if p.from < at {
			return
		}
		words(&b, s[at:p.from])
		switch part := s[p.from:p.to]; p.kind {
		case spanAddress:
			b.WriteString("<address>")
		case spanHost:
			host := strings.ToLower(part)
			if i := names().host(host); i >= 0 && names().rows[i].list() {
				b.WriteString(host)
			} else {
				b.WriteString("<host>")
			}
		default:
			link(&b, part)
		}
		at = p.to
	})
	words(&b, s[at:])
	out := strings.ReplaceAll(strings.ReplaceAll(b.String(), "<<", "<"), ">>", ">")
	if len(out) > maxRepresentative {
		out = strings.ToValidUTF8(out[:maxRepresentative], "") + "…"
	}
	return diag.Clean(out)
}

// link writes a link without what is an address or an id in its path and query.
func link(b *strings.Builder, s string) {
	i := schemeLen(s)
	if j := strings.IndexAny(s[i:], "/?"); j >= 0 {
		i += j
	} else {
		i = len(s)
	}
	b.WriteString(s[:i])
	from := i
	for j := i; j <= len(s); j++ {
		if j == len(s) || strings.IndexByte("/?&=#,;", s[j]) >= 0 {
			b.WriteString(stand(s[from:j]))
			if j < len(s) {
				b.WriteByte(s[j])
			}
			from = j + 1
		}
	}
}

// words writes prose with the words replaced that are ids, addresses or times.
func words(b *strings.Builder, s string) {
	from := 0
	for j := 0; j <= len(s); j++ {
		if j == len(s) || strings.IndexByte(" \t<>()[]{}\"',;|", s[j]) >= 0 {
			b.WriteString(stand(s[from:j]))
			if j < len(s) {
				b.WriteByte(s[j])
			}
			from = j + 1
		}
	}
}

// stand returns what stands for a word: a placeholder where the word is one
// message's own, else the word.
func stand(w string) string {
	core := strings.TrimRight(w, ".:!?")
	tail := w[len(core):]
	if core == "" {
		return w
	}
	// "ip=192.0.2.1", "id:4Sbnd53EO2z1LKL": the value alone is replaced.
	if i := strings.LastIndexAny(core, "=#"); i >= 0 && i+1 < len(core) && i > 0 {
		return core[:i+1] + stand(core[i+1:]) + tail
	}
	digits, letters, upper, lower, colons, dots, other := 0, 0, 0, 0, 0, 0, 0
	for i := 0; i < len(core); i++ {
		switch c := core[i]; {
		case asciiDigit(c):
			digits++
		case asciiLetter(c):
			letters++
			if c < 'a' {
				upper++
			} else {
				lower++
			}
		case c == ':':
			colons++
		case c == '.':
			dots++
		case c == '-', c == '_', c == '+', c == '/', c == '=', c == '*':
		default:
			other++
		}
	}
	n := len(core)
	switch {
	case digits == 0 && !(n >= 16 && upper > 2 && lower > 2 && other == 0 && !strings.Contains(core, "-")):
		if masked := strings.Trim(core, "xX."); masked == "" && dots == 3 {
			return "<ip>" + tail
		}
		return w
	case dots == 3 && letters == 0 && digits >= 4 && digits <= 12 && n == digits+3:
		return "<ip>" + tail
	case colons >= 2 && isIPv6(core):
		return "<ip>" + tail
	case isTime(core):
		return "<time>" + tail
	case other > 0:
		return w
	case n >= 10 && digits >= 3 && letters >= 2,
		n >= 8 && digits >= 2 && isHexWord(core),
		letters == 0 && digits >= 6,
		n >= 16 && upper > 2 && lower > 2:
		return "<id>" + tail
	}
	return w
}

func isIPv6(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isHexLow(s[i]) && s[i] != ':' && s[i] != '.' {
			return false
		}
	}
	return strings.Count(s, ":") == 7 || strings.Contains(s, "::")
}

func isHexWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isHexLow(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// isTime reports whether s is a date or time in digits, as in 12:20:18,
// 2023-01-01T01:01:01.001Z or 09/01/15.
func isTime(s string) bool {
	digits, marks := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case asciiDigit(c):
			digits++
		case c == ':' || c == '/' || c == '-':
			marks++
		case c == 'T' || c == 'Z' || c == '.' || c == '+':
		default:
			return false
		}
	}
	return marks >= 2 && digits >= 4 && digits <= 20
}
