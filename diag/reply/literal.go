package reply

import (
	"strings"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
)

// scope says where in a reply a literal counts.
type scope uint8

const (
	inProse    scope = iota // not in hosts, links and addresses
	inLink                  // in hosts, links and addresses only
	inAnything              // everywhere
	asZone                  // everywhere, as a whole DNS name or the end of one
)

// literal is a folded text that rules or names ask for.
type literal struct {
	text       string
	scope      scope
	start, end bool // a word boundary is demanded

	triggers []int32 // rules that become candidates
	word     int32   // names row that it signs, -1
	zone     int32   // list whose zone it is, -1
	blend    bool    // it stands for several lists of a family at once
}

// literalSet collects literals, each once, and finds them all in one pass.
type literalSet struct {
	all     []literal
	index   map[string]int32
	buckets []bucket // literals by the number of their anchor
	trie    *ahocorasick.Trie
}

// bucket holds the literals that begin with one anchor: those that are no longer
// than it, and the others by the byte that follows it. "mailbo" alone begins a
// hundred literals, and most replies hold a mailbox.
type bucket struct {
	whole []int32
	next  [256]uint8 // 1 + index in rest
	rest  [][]int32
}

// anchorLen is how much of a literal goes into the automaton; the rest is
// compared where the anchor hits. An automaton over whole literals would need
// about 2 KiB of table for each of their bytes.
const anchorLen = 6

// add returns the number of a literal. Blanks at either end of text demand word
// boundaries.
func (ls *literalSet) add(text string, sc scope) int32 {
	l := literal{text: fold(text), scope: sc, word: -1, zone: -1}
	l.start = strings.HasPrefix(text, " ")
	l.end = strings.HasSuffix(text, " ")
	return ls.put(l, text)
}

// addWords is add for literals that have to begin where a word begins, as those
// of the embedded tables do: without white space "for DNS" holds "rdns". A "*"
// before the literal lifts that.
func (ls *literalSet) addWords(text string) int32 {
	text, within := strings.CutPrefix(text, "*")
	l := literal{text: fold(text), scope: inProse, word: -1, zone: -1}
	l.start = !within && wordByte(l.text[0])
	l.end = strings.HasSuffix(text, " ")
	return ls.put(l, text)
}

func (ls *literalSet) put(l literal, text string) int32 {
	sc := l.scope
	if sc == inProse && special(text) {
		l.scope = inAnything
	}
	key := l.text + string(rune('0'+l.scope)) + bit(l.start) + bit(l.end)
	if ls.index == nil {
		ls.index = map[string]int32{}
	}
	if i, ok := ls.index[key]; ok {
		return i
	}
	i := int32(len(ls.all))
	ls.all = append(ls.all, l)
	ls.index[key] = i
	return i
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// special reports whether a literal holds what links, addresses and host names
// consist of, so that it is meant to hit there.
func special(s string) bool {
	s = strings.TrimSpace(s)
	for i := 1; i+1 < len(s); i++ {
		switch s[i] {
		case '/', '@', '?', '=':
			return true
		case '.':
			if alnum(s[i-1]) && alnum(s[i+1]) {
				return true
			}
		}
	}
	return false
}

// build makes the automaton.
func (ls *literalSet) build() {
	b := ahocorasick.NewTrieBuilder()
	anchors := map[string]int{}
	for i := range ls.all {
		a := ls.all[i].text
		if len(a) > anchorLen {
			a = a[:anchorLen]
		}
		n, ok := anchors[a]
		if !ok {
			n = len(ls.buckets)
			anchors[a] = n
			ls.buckets = append(ls.buckets, bucket{})
			b.AddString(a)
		}
		k := &ls.buckets[n]
		if t := ls.all[i].text; len(t) == len(a) {
			k.whole = append(k.whole, int32(i))
		} else if c := t[len(a)]; k.next[c] != 0 {
			k.rest[k.next[c]-1] = append(k.rest[k.next[c]-1], int32(i))
		} else {
			k.rest = append(k.rest, []int32{int32(i)})
			k.next[c] = uint8(min(len(k.rest), 255))
		}
	}
	ls.trie = b.Build()
}

// find marks every literal that s holds.
func (ls *literalSet) find(s *subject) {
	ls.trie.Walk(s.buf, func(end, n, pattern int64) bool {
		b := &ls.buckets[pattern]
		from, next := int(end-n+1), int(end+1)
		ls.mark(s, b.whole, from, next)
		if next < len(s.buf) {
			if k := b.next[s.buf[next]]; k != 0 {
				ls.mark(s, b.rest[k-1], from, next)
			}
		}
		return true
	})
}

// mark marks those of lits that begin at buf[from]; the bytes before buf[known]
// are known to be equal.
func (ls *literalSet) mark(s *subject, lits []int32, from, known int) {
	for _, i := range lits {
		l := &ls.all[i]
		to := from + len(l.text)
		if to > len(s.buf) || string(s.buf[known:to]) != l.text[known-from:] || hasBit(s.hits, int(i)) {
			continue
		}
		if l.start && !s.wordStart(from) || l.end && !s.wordEnd(to) {
			continue
		}
		switch l.scope {
		case inProse:
			if s.kind[from] != spanProse || s.kind[to-1] != spanProse {
				continue
			}
		case inLink:
			if s.kind[from] == spanProse && s.kind[to-1] == spanProse {
				continue
			}
		case asZone:
			if !s.zoneStart(from) {
				continue
			}
		}
		setBit(s.hits, int(i))
		if len(s.at) < maxHits {
			s.at = append(s.at, hit{i, int32(from), int32(to)})
		}
		for _, r := range l.triggers {
			setBit(s.cand, int(r))
		}
		if l.word >= 0 {
			setBit(s.named, int(l.word))
			s.blend = s.blend || l.blend
		}
		if l.zone >= 0 && s.kind[from] != spanURL {
			s.lists = append(s.lists, int16(l.zone))
		}
	}
}

// zoneStart reports whether a DNS name may begin at buf[i]: "xbl.spamhaus.org"
// does not begin within "sbl-xbl.spamhaus.org".
func (s *subject) zoneStart(i int) bool {
	p := int(s.pos[i])
	return p == 0 || !alnum(s.text[p-1]) && s.text[p-1] != '-' && s.text[p-1] != '_'
}
