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

	named    []uint64 // names rows that the text names
	strong   []uint64 // providers and filters known from signature or host
	weak     []uint64 // providers known from a mailbox domain
	lists    []int16  // lists whose zone hit
	blend    bool     // several lists of one family are named at once
	zone     string
	zoneList int // index in Classifier.lists of zone, -1
	code     string
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
	s.buf, s.pos, s.kind, s.sep = s.buf[:0], s.pos[:0], s.kind[:0], s.sep[:0]
	s.spans, s.at, s.lists = s.spans[:0], s.at[:0], s.lists[:0]
	s.zone, s.zoneList, s.code, s.blend = "", -1, "", false
	clear(s.hits)
	clear(s.cand)
	clear(s.named)
	clear(s.strong)
	clear(s.weak)
	spans(s.text, func(p span) { s.spans = append(s.spans, p) })
	text, next, kind, sep := s.text, 0, spanProse, true
	end := len(text)
	if len(s.spans) > 0 {
		end = s.spans[0].from
	}
	for i := 0; i < len(text); {
		if i >= end {
			// Spans do not overlap and come in order.
			if kind == spanProse && next < len(s.spans) && i >= s.spans[next].from {
				kind, end = s.spans[next].kind, s.spans[next].to
				next++
			} else {
				kind, end = spanProse, len(text)
				if next < len(s.spans) {
					end = s.spans[next].from
				}
				if i >= end {
					continue
				}
			}
		}
		c := text[i]
		if c < utf8.RuneSelf {
			if f := foldASCII[c]; f != 0 {
				s.buf = append(s.buf, f)
				s.pos = append(s.pos, int32(i))
				s.kind = append(s.kind, kind)
				s.sep = append(s.sep, sep)
				sep = false
			} else if c != '\'' {
				sep = true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		f := foldRune(r)
		if f == "" {
			sep = sep || r != '’'
		}
		for k := 0; k < len(f); k++ {
			s.buf = append(s.buf, f[k])
			s.pos = append(s.pos, int32(i))
			s.kind = append(s.kind, kind)
			s.sep = append(s.sep, sep)
			sep = false
		}
		i += n
	}
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
