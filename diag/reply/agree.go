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
func Agree(a, b diag.Reply) bool {
	if a.Code != b.Code && a.Code != 0 && b.Code != 0 {
		return false
	}
	if a.Enhanced != b.Enhanced && a.Enhanced != "" && b.Enhanced != "" {
		return false
	}
	x, y := FirstLineKey(a), FirstLineKey(b)
	if x == y {
		return true
	}
	short := a
	if len(x) > len(y) {
		x, y, short = y, x, b
	}
	least := minPrefix
	if short.FirstLineOnly {
		least = minFirstLine
	}
	return len(x) >= least && strings.HasPrefix(y, x)
}
