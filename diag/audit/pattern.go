package audit

import (
	"cmp"
	"mime"
	"slices"
	"strings"
)

// patterns are kinds of subjects of outgoing mail: subjects that differ only in
// numbers and made-up words are one kind.
type patterns struct {
	by    map[string]*pattern
	cache map[uint64]*pattern
}

type pattern struct {
	text        string
	n           int // messages
	refused     int // recipients
	first, last int64
	days        [8]patternDay // messages of the newest days
	senders     map[string]*int
	lastSender  string
	lastCount   *int
	more        int // messages of further senders
	small, big  int64
	example     string
}

type patternDay struct {
	day int32
	n   int
}

// since counts the messages from a day on.
func (x *pattern) since(day int32) int {
	n := 0
	for _, d := range x.days {
		if d.n > 0 && d.day >= day {
			n += d.n
		}
	}
	return n
}

func (p *patterns) init() {
	p.by, p.cache = map[string]*pattern{}, map[uint64]*pattern{}
}

// of returns the kind of a subject, nil for an empty one.
func (p *patterns) of(c *Collector, subject []byte) *pattern {
	if len(subject) == 0 {
		return nil
	}
	h := c.hash(subject)
	if x, ok := p.cache[h]; ok {
		return x
	}
	if len(p.cache) >= maxRecent {
		clear(p.cache)
	}
	text := SubjectPattern(string(subject))
	x := p.by[text]
	if x == nil && text != "" {
		if len(p.by) >= maxPatterns {
			p.shrink()
		}
		x = &pattern{text: text}
		p.by[text] = x
	}
	p.cache[h] = x
	return x
}

func (p *patterns) shrink() {
	all := make([]*pattern, 0, len(p.by))
	for _, x := range p.by {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *pattern) int {
		return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.last, b.last), cmp.Compare(a.text, b.text))
	})
	for _, x := range all[:len(all)/2] {
		delete(p.by, x.text)
	}
	clear(p.cache)
}

func (x *pattern) message(sender []byte, sec int64, day int32, size int64, subject []byte) {
	x.n++
	if d := &x.days[int(day)%len(x.days)]; d.day == day {
		d.n++
	} else {
		*d = patternDay{day, 1}
	}
	if x.first == 0 || sec < x.first {
		x.first = sec
	}
	x.last = max(x.last, sec)
	if size > 0 {
		if x.small == 0 || size < x.small {
			x.small = size
		}
		x.big = max(x.big, size)
	}
	if x.example == "" {
		x.example = string(subject)
	}
	if x.lastCount != nil && x.lastSender == string(sender) {
		*x.lastCount++
		return
	}
	n := x.senders[string(sender)]
	if n == nil {
		if len(x.senders) >= maxGrantees {
			x.more++
			return
		}
		if x.senders == nil {
			x.senders = map[string]*int{}
		}
		n = new(int)
		x.senders[string(sender)] = n
	}
	*n++
	x.lastSender, x.lastCount = string(sender), n
}

// maxPattern bounds a kind of subject.
const maxPattern = 96

var wordDecoder = mime.WordDecoder{}

// SubjectPattern returns the kind of a subject: decoded, lower case, without
// "Re:" and the like, numbers as "#" and words that mix letters and digits as
// "*". "" where nothing is left.
func SubjectPattern(subject string) string {
	if strings.Contains(subject, "=?") {
		if d, err := wordDecoder.DecodeHeader(subject); err == nil {
			subject = d
		}
	}
	subject = strings.ToLower(strings.ToValidUTF8(subject, "?"))
	var b strings.Builder
	for word := range strings.FieldsSeq(subject) {
		if b.Len() == 0 && replyMark(word) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fold(&b, word)
		if b.Len() >= maxPattern {
			break
		}
	}
	s := b.String()
	for len(s) > maxPattern || !validEnd(s) {
		s = s[:len(s)-1]
	}
	return s
}

// validEnd reports whether s does not end within a character.
func validEnd(s string) bool { return strings.ToValidUTF8(s, "") == s }

func replyMark(w string) bool {
	switch w {
	case "re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "vs:", "tr:", "rv:", "res:", "enc:", "ri:", "antw:":
		return true
	}
	return false
}

// fold writes a word of a subject as its kind.
func fold(b *strings.Builder, w string) {
	letters, digits := 0, 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z':
			letters++
		}
	}
	if digits == 0 {
		b.WriteString(w)
		return
	}
	if letters > 1 && letters+digits >= 6 {
		b.WriteByte('*')
		return
	}
	was := false
	for i := 0; i < len(w); i++ {
		is := w[i] >= '0' && w[i] <= '9'
		if !is {
			b.WriteByte(w[i])
		} else if !was {
			b.WriteByte('#')
		}
		was = is
	}
}
