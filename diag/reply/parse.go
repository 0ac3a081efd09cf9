package reply

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"metriage/diag"
)

// maxInput is the longest reply that is read. RFC 5321 section 4.5.3.1.5 allows
// 512 octets a line; the longest replies seen have a few kilobytes.
const maxInput = 64 << 10

// Parse normalises raw text: a reply as it was found in a log, a bounce or a
// pasted mail. It is pure and deterministic; input over 64 KiB is cut.
//
// The shapes it undoes: several lines, joined lines, codes repeated per line or
// within a line, literal \n, wrapped lines and links, transcripts (<<<, >>>),
// "host X said:", replies nested in replies, quoted-printable, HTML entities
// and charsets other than UTF-8.
func Parse(raw string) diag.Reply {
	if len(raw) > maxInput {
		raw = raw[:maxInput]
		for i := 0; i < utf8.UTFMax && len(raw) > 0; i++ {
			if r, n := utf8.DecodeLastRuneInString(raw); r != utf8.RuneError || n != 1 {
				break
			}
			raw = raw[:len(raw)-1]
		}
	}
	r := diag.Reply{Raw: raw, Stage: diag.StageUnknown}
	lines := splitLines(decode(raw))
	lines, spoken := transcript(lines)
	text, open := join(lines)
	n := unnest(text)
	r.Stage = n.stage
	if r.Stage == diag.StageUnknown {
		r.Stage = spoken
	}
	code, dash, enhanced, body := head(n.inner)
	r.Code, r.Enhanced, r.OuterCode = code, enhanced, n.outer
	r.FirstLineOnly = dash && open && !strings.Contains(body, " "+strconv.Itoa(code)+" ")
	body = dropCodes(body, code, enhanced)
	if r.Enhanced == "" {
		if e, at := findEnhanced(body, code); e != "" {
			r.Enhanced = e
			body = cutEnhanced(body, at, len(e))
		}
	}
	body = repair(body)
	body = undouble(strings.TrimSpace(body))
	r.Text = assemble(code, r.Enhanced, body)
	r.URLs = links(body)
	r.Hosts = hosts(n.prefix, body)
	r.OwnIP = ownIP(body)
	return r
}

// assemble builds the normalised text.
func assemble(code int, enhanced, body string) string {
	var b strings.Builder
	b.Grow(len(body) + 12)
	if code != 0 {
		b.WriteString(strconv.Itoa(code))
	}
	for _, part := range [2]string{enhanced, body} {
		if part != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(part)
		}
	}
	return b.String()
}

// body returns the normalised text of r without its codes.
func body(r diag.Reply) string {
	_, _, _, rest := head(r.Text)
	return rest
}

// dropCodes removes codes that are repeated per line and have come to stand
// within the text by joining or re-wrapping.
func dropCodes(s string, code int, enhanced string) string {
	if code == 0 && enhanced == "" {
		return s
	}
	c := ""
	if code != 0 {
		c = strconv.Itoa(code)
	}
	if !(c != "" && strings.Contains(s, c)) && !(enhanced != "" && strings.Contains(s, enhanced)) {
		return s
	}
	words := strings.Split(s, " ")
	out := words[:0]
	for i := 0; i < len(words); i++ {
		w := words[i]
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "":
			continue
		case c != "" && w == c && (i > 0 || next == enhanced):
			// "for more 550 5.7.1 information", or "554" before the last line.
			if enhanced != "" && next == enhanced {
				i++
			} else if enhanced != "" && next != "" && i > 0 && !endsSentence(words[i-1]) && !asciiLetter(next[0]) {
				out = append(out, w)
			}
			continue
		case enhanced != "" && (w == enhanced || w == "#"+enhanced || w == "(#"+enhanced+")" || w == "["+enhanced+"]"):
			continue
		case c != "" && strings.HasPrefix(w, c+"-"):
			rest := w[len(c)+1:]
			switch {
			case rest == "" || rest == enhanced:
				continue
			case enhanced != "" && strings.HasPrefix(enhanced, rest) && strings.HasPrefix(next, enhanced[len(rest):]):
				// the repeated codes were themselves cut by a line end
				if tail := next[len(enhanced)-len(rest):]; tail == "" {
					i++
				} else {
					words[i+1] = tail
				}
				continue
			case enhanced != "" && strings.HasPrefix(rest, enhanced):
				if rest = strings.TrimLeft(rest[len(enhanced):], "-"); rest != "" {
					out = append(out, rest)
				}
				continue
			case alnum(rest[0]) && !asciiDigit(rest[0]), strings.ContainsAny(rest[:1], "[(<*"), rest[0] >= utf8.RuneSelf,
				strings.Count(rest, ".") == 3:
				out = append(out, rest)
				continue
			}
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func endsSentence(w string) bool {
	return w == "" || strings.ContainsAny(w[len(w)-1:], ".,;:!?)]>")
}

// cutEnhanced removes the code of n bytes at position at, with the hash mark
// and brackets around it.
func cutEnhanced(s string, at, n int) string {
	from, to := at, at+n
	if from > 0 && s[from-1] == '#' {
		from--
	}
	if from > 0 && to < len(s) && (s[from-1] == '(' && s[to] == ')' || s[from-1] == '[' && s[to] == ']') {
		from, to = from-1, to+1
	} else if from > 0 && s[from-1] == '(' || to < len(s) && (s[to] == ')' || s[to] == '-') {
		return s // "(#5.1.1 - chkuser)": cutting would leave half a bracket
	}
	return strings.TrimSpace(strings.TrimRight(s[:from], " ") + " " + strings.TrimLeft(s[to:], " "))
}

// undouble undoes "X X", a reply that was written twice.
func undouble(s string) string {
	if n := len(s); n >= 21 && n%2 == 1 && s[n/2] == ' ' && s[:n/2] == s[n/2+1:] {
		return s[:n/2]
	}
	return s
}
