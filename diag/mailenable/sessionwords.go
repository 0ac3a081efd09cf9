package mailenable

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"strings"
)

// words keeps one string for equal texts, since rows repeat each other. A text
// takes the place of another one that falls together with it.
type words struct {
	seed maphash.Seed
	slot []word
}

// word is a text; raw differs from it where it is not UTF-8.
type word struct{ raw, text string }

const maxWords = 4096 // a power of two

func newWords() words { return words{maphash.MakeSeed(), make([]word, maxWords)} }

func (w *words) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	k := &w.slot[maphash.Bytes(w.seed, b)&(maxWords-1)]
	if k.raw != string(b) {
		k.text = toUTF8(b)
		if k.raw = k.text; k.text != string(b) {
			k.raw = string(b)
		}
	}
	return k.text
}

// verbs are the commands that decide something.
var verbs = [...]string{"CONN", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "DATE", "QUIT", "RSET"}

// verb returns a command in upper case without allocating for the usual ones.
func verb(b []byte) string {
	if len(b) == 4 {
		for _, v := range verbs {
			if v[0] == b[0]&^0x20 && v[1] == b[1]&^0x20 && v[2] == b[2]&^0x20 && v[3] == b[3]&^0x20 {
				return v
			}
		}
	}
	if string(b) == "STARTTLS" {
		return "STARTTLS"
	}
	return strings.ToUpper(string(b))
}

// replyCode returns the three digits at the beginning of a reply, 0 where
// there are none.
func replyCode(b []byte) int {
	b = bytes.TrimLeft(b, " ")
	if len(b) < 3 || len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return 0
	}
	n := 0
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// pathOf returns the address of "MAIL FROM:<a@b> SIZE=…" or "RCPT TO:<a@b>".
func pathOf(b []byte) string { return toUTF8(pathBytes(b)) }

func pathBytes(b []byte) []byte {
	i := bytes.IndexByte(b, '<')
	if i >= 0 {
		if j := bytes.IndexByte(b[i:], '>'); j > 0 {
			return bytes.TrimSpace(b[i+1 : i+j])
		}
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		a, _, _ := bytes.Cut(bytes.TrimSpace(b[i+1:]), []byte{' '})
		return bytes.Trim(a, "<>")
	}
	return nil
}

// bannerHost appends the host name that a greeting begins with, in lower case.
func bannerHost(to, b []byte) []byte {
	b = bytes.TrimSpace(b)
	if replyCode(b) != 0 {
		b = bytes.TrimLeft(b[3:], " -")
	}
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	b = bytes.Trim(b, "<>()[],;:.")
	if bytes.IndexByte(b, '.') < 0 || len(b) > 253 || bytes.ContainsAny(b, "/@=*") {
		return to
	}
	if b[0] >= '0' && b[0] <= '9' && bytes.Count(b, []byte{'.'}) == 2 {
		return to // an enhanced status code
	}
	if isAddr(b) {
		return to
	}
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

// isAddr reports whether b is an IP address. Host names, which are most, are
// told apart by their letters.
func isAddr(b []byte) bool {
	if last := b[len(b)-1]; (last < '0' || last > '9') && bytes.IndexByte(b, ':') < 0 {
		return false
	}
	_, err := netip.ParseAddr(string(b))
	return err == nil
}
