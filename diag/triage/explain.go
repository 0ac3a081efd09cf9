package triage

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/runbook"
)

// MaxLine bounds one line of explain --lines; a longer one is cut.
const MaxLine = 64 << 10

// Explain says what an input means: a bounce of any kind, or a bare reply.
func (s *Session) Explain(input string, content []byte) diag.Explanation {
	e := diag.Explanation{Input: input, Truncated: len(content) > mailenable.MaxBounce}
	e.Bounce.Kind = diag.KindNotABounce
	if b, ok := mailenable.ParseBounce(content); ok {
		e.Bounce = b
	} else if !mailenable.HasHeader(content) {
		if b, ok := mailenable.ParsePasted(content); ok {
			e.Bounce = b
		} else if text, ok := pastedReply(decode(content)); ok {
			e.Bounce = bareReply(text)
		}
	}
	return s.judge(e)
}

// ExplainLine says what one line means: a reply, with or without a code, or
// nothing where it is blank. Line breaks written as \n and \r\n count as such.
func (s *Session) ExplainLine(input string, line []byte) diag.Explanation {
	e := diag.Explanation{Input: input}
	if len(line) > MaxLine {
		line, e.Truncated = line[:MaxLine], true
	}
	text := strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(decode(line))
	if strings.TrimSpace(text) == "" {
		e.Bounce.Kind = diag.KindNotABounce
		return e
	}
	e.Bounce = bareReply(text)
	return s.judge(e)
}

// decode reads invalid UTF-8 as Windows-1252.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	if !utf8.Valid(b[:cutRune(b)]) {
		if out, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			return string(out)
		}
	}
	return strings.ToValidUTF8(string(b), "")
}

// cutRune returns the length of b without a rune that was cut at its end.
func cutRune(b []byte) int {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}

// maxBareReply is how long a text may be to be taken for a reply.
const maxBareReply = 16 << 10

// codeInText is a reply code and what makes it one, within other words.
var codeInText = regexp.MustCompile(`(?:^|[^0-9A-Za-z.#/=-])([245]\d\d(?:[ -]#?[245]\.\d{1,3}\.\d{1,3}\b|[ -]+[A-Za-z<#\[(]))`)

// pastedReply returns the server's reply in a text without bounce: the text
// itself, or what begins with the code in it up to the end of the paragraph.
func pastedReply(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxBareReply {
		return "", false
	}
	r := reply.Parse(text)
	if r.Code >= 200 && r.Code < 600 {
		return text, true
	}
	if r.Enhanced == "" {
		return "", false
	}
	if at := codeInText.FindStringSubmatchIndex(text); at != nil {
		text, _, _ = strings.Cut(strings.ReplaceAll(text[at[2]:], "\r\n", "\n"), "\n\n")
	}
	return text, true
}

func bareReply(text string) diag.Bounce {
	return diag.Bounce{Kind: diag.KindReply, Refusals: []diag.Refusal{{Text: text, Stage: diag.StageUnknown, Permanent: true}}}
}

// judge classifies the refusals of an explanation and adds the steps.
func (s *Session) judge(e diag.Explanation) diag.Explanation {
	<-s.ready
	for _, r := range e.Bounce.Refusals {
		at := e.Bounce.Date
		if at.IsZero() {
			at = s.Now()
		}
		rep, v := s.class.Text(r.Text, reply.Context{
			Stage: r.Stage, RemoteHost: r.RemoteHost, Recipient: r.Recipient, Sender: e.Bounce.Sender,
			OwnDomain: s.ownDomain, At: at,
		})
		rep = rep.At(r.Stage)
		if e.Bounce.Kind == diag.KindReply {
			r.Permanent = rep.Permanent() || rep.Code == 0 && rep.Enhanced == ""
		}
		c := runbook.Case{Verdict: v, Reply: rep, IP: rep.OwnIP, Failures: 1}
		if r.Domain != "" {
			c.Domains = []string{r.Domain}
		}
		val := s.values(Subject{}, c)
		val.RefusedDomain = r.Domain
		e.Failures = append(e.Failures, diag.ExplainedFailure{Refusal: r, Reply: rep, Verdict: v, Steps: s.book.For(c, val)})
	}
	return e
}
