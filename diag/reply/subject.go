package reply

import (
	"strings"
	"unicode/utf8"

	"metriage/diag"
)

// subject is a normalised reply prepared for matching: folded, with a way back
// to the original text. Subjects are pooled.
type subject struct {
	text string // the normalised text
	low  string // the same in lower case, made when a regular expression needs it
	buf  []byte // folded text
	pos  []int32
	kind []spanKind
	// sep is set where bytes were dropped before this one: a word may begin here.
	sep []bool

	spans []span
	hits  []uint64 // literals that hit, a bit each
	at    []hit    // where the first ones hit, for Because
	cand  []uint64 // rules to look at

	named  []uint64 // names rows that the text names
	strong []uint64 // providers and filters known from signature or host
	weak   []uint64 // providers known from a mailbox domain
	lists  []int16  // lists whose zone hit
	blend  bool     // several lists of one family are named at once
	// How many lists are named, counted when first asked for.
	counted                        bool
	live, dead, domains, addresses int
	zoneList                       int // the longest zone of them, an index in Classifier.lists, -1
}

// hit is a literal and where it was found in the text.
type hit struct {
	lit      int32
	from, to int32
}

// maxHits bounds how many positions are kept.
const maxHits = 64

// prepare folds the text of r.
func (s *subject) prepare(r diag.Reply) {
	s.text, s.low = r.Text, ""
	s.spans, s.at, s.lists = s.spans[:0], s.at[:0], s.lists[:0]
	s.zoneList, s.blend, s.counted = -1, false, false
	clear(s.hits)
	clear(s.cand)
	clear(s.named)
	clear(s.strong)
	clear(s.weak)
	spans(s.text, func(p span) { s.spans = append(s.spans, p) })
	// A rune never folds to more than twice its length.
	if need := 2*len(s.text) + utf8.UTFMax; cap(s.buf) < need {
		s.buf, s.pos = make([]byte, need), make([]int32, need)
		s.kind, s.sep = make([]spanKind, need), make([]bool, need)
	}
	s.buf, s.pos, s.kind, s.sep = s.buf[:cap(s.buf)], s.pos[:cap(s.pos)], s.kind[:cap(s.kind)], s.sep[:cap(s.sep)]
	n, at, sep := 0, 0, true
	for _, p := range s.spans {
		n, sep = s.fold(at, p.from, n, spanProse, sep)
		n, sep = s.fold(p.from, p.to, n, p.kind, sep)
		at = p.to
	}
	n, _ = s.fold(at, len(s.text), n, spanProse, sep)
	s.buf, s.pos, s.kind, s.sep = s.buf[:n], s.pos[:n], s.kind[:n], s.sep[:n]
}

// fold folds text[from:to], which is of one kind, behind the first n bytes of
// buf, and returns the new number of bytes and whether a word may begin next.
func (s *subject) fold(from, to, n int, kind spanKind, sep bool) (int, bool) {
	text := s.text
	for i := from; i < to; {
		if c := text[i]; c < utf8.RuneSelf {
			if f := foldASCII[c]; f != 0 {
				s.buf[n], s.pos[n], s.kind[n], s.sep[n] = f, int32(i), kind, sep
				n++
				sep = false
			} else if c != '\'' {
				sep = true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		f := foldRune(r)
		if f == "" && r != '’' {
			sep = true
		}
		for k := 0; k < len(f); k++ {
			s.buf[n], s.pos[n], s.kind[n], s.sep[n] = f[k], int32(i), kind, sep
			n++
			sep = false
		}
		i += size
	}
	return n, sep
}

// lower returns the text in lower case.
func (s *subject) lower() string {
	if s.low == "" {
		s.low = strings.ToLower(s.text)
	}
	return s.low
}

// wordStart reports whether a word begins at buf[i].
func (s *subject) wordStart(i int) bool {
	return i == 0 || s.sep[i] || !wordByte(s.buf[i-1]) || s.kind[i] != s.kind[i-1]
}

// wordEnd reports whether a word ends before buf[i].
func (s *subject) wordEnd(i int) bool {
	return i >= len(s.buf) || s.sep[i] || !wordByte(s.buf[i]) || s.kind[i] != s.kind[i-1]
}

// original returns the text between two positions in buf.
func (s *subject) original(from, to int) string {
	end := len(s.text)
	if to < len(s.pos) {
		end = int(s.pos[to])
	}
	return strings.TrimSpace(s.text[s.pos[from]:end])
}

func setBit(b []uint64, i int)      { b[i>>6] |= 1 << (i & 63) }
func hasBit(b []uint64, i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }
