package reply

import (
	"strings"

	"metriage/diag"
)

// Lengths, in folded bytes, from which a text may be the beginning of another:
// one that is known to be a first line, and any other.
const (
	minFirstLine = 6
	minPrefix    = 20
)

// FirstLineKey returns the folded words of a reply without its codes: replies
// that agree have keys of which one begins with the other.
func FirstLineKey(r diag.Reply) string { return fold(body(r)) }

// Agree reports whether a and b are the same reply, of which one source may
// hold only the first line, as a log does, or the lines joined, as an NDR does.
// The basic codes have to be equal, the enhanced ones too where both are known,
// and one text has to begin with the other. A short text has to match whole: "no
// such user" begins too many replies.
func Agree(a, b diag.Reply) bool { return LineOf(a).Agrees(LineOf(b)) }

// Line is what of a reply is compared with others. It costs more to make than
// to compare.
type Line struct {
	code      int
	enhanced  string
	key       string
	firstOnly bool
}

// LineOf returns what of r is compared.
func LineOf(r diag.Reply) Line { return Line{r.Code, r.Enhanced, FirstLineKey(r), r.FirstLineOnly} }

// Agrees is Agree for what was made once.
func (a Line) Agrees(b Line) bool {
	if a.code != b.code && a.code != 0 && b.code != 0 {
		return false
	}
	if a.enhanced != b.enhanced && a.enhanced != "" && b.enhanced != "" {
		return false
	}
	if a.key == b.key {
		return true
	}
	if len(a.key) > len(b.key) {
		a, b = b, a
	}
	least := minPrefix
	if a.firstOnly {
		least = minFirstLine
	}
	return len(a.key) >= least && strings.HasPrefix(b.key, a.key)
}
