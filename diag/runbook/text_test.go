package runbook

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"metriage/diag"
)

// A step must be readable at 80x24: these are lines at 74 columns, which leaves
// room for a frame and an indent.
const (
	textWidth = 74
	maxRead   = 18 // lines of a whole step, its title included
)

// longValues are about as long as values get in practice.
func longValues() Values {
	v := sampleValues()
	v.IP = netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1234:5678")
	v.HELO = "mailserver01.hosting-rechenzentrum.example"
	v.Domain = "spedition-mustermann-und-soehne.example"
	v.ISP = "Rechenzentrum und Netze Beispielstadt GmbH & Co. KG"
	v.LookupURL = "https://postmaster.gmx.net/en/case?c=r0201&i=ip&v=198.51.100.11&r=0MXYZ-1aBcD2efGH-00abcd"
	return v
}

func TestTextsAreComfortable(t *testing.T) {
	b := book(t)
	for id, s := range b.steps {
		for name, v := range map[string]Values{"usual": sampleValues(), "unknown": {}} {
			st := render(s, listing{}, v)
			if n := utf8.RuneCountInString(st.Title); n > 70 {
				t.Errorf("%s, %s values: title of %d characters: %s", id, name, n, st.Title)
			}
		}
		for name, v := range map[string]Values{"usual": sampleValues(), "unknown": {}, "long": longValues()} {
			st := render(s, listing{}, v)
			lines := 1
			count := func(key, text string, limit int) {
				n := 0
				if text != "" {
					n = len(wrapTo(text, "", textWidth))
				}
				if n > limit {
					t.Errorf("%s, %s values: %s has %d lines at %d columns: %s", id, name, key, n, textWidth, text)
				}
				lines += n
			}
			count("why", st.Why, 2)
			for _, w := range st.Where {
				count("where", w, 3)
			}
			for _, d := range st.Do {
				count("do", d, 3)
			}
			count("effect", st.Effect, 2)
			count("proof", st.Proof, 2)
			if lines += len(st.Articles); lines > maxRead {
				t.Errorf("%s, %s values: %d lines", id, name, lines)
			}
		}
	}
}

func TestTextsAreClean(t *testing.T) {
	b := book(t)
	forbidden := regexp.MustCompile(`(?i)\b(pay|paid|payment|donat\w+|disable (the|this) mailbox|please click|simply|just)\b`)
	for id, s := range b.steps {
		for _, text := range append(append([]string{s.Title, s.Why, s.Effect, s.Proof}, s.Where...), s.Do...) {
			if m := forbidden.FindString(text); m != "" {
				t.Errorf("%s says %q: %s", id, m, text)
			}
			if text != strings.TrimSpace(text) || diag.Clean(text) != text || strings.Contains(text, "  ") {
				t.Errorf("%s: stray blanks or characters: %q", id, text)
			}
		}
		if strings.HasSuffix(s.Title, ".") {
			t.Errorf("%s: the title ends with a full stop", id)
		}
		for _, text := range []string{s.Why, s.Effect, s.Proof} {
			if text != "" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: no full stop: %s", id, text)
			}
		}
		if s.Why == "" || s.Effect == "" {
			t.Errorf("%s does not say why, or how long it takes", id)
		}
		if len(s.Where) == 0 && len(s.Do) == 0 {
			t.Errorf("%s says neither where nor what", id)
		}
	}
	for cause, m := range b.meanings {
		for _, text := range []string{m.Plain, m.Next} {
			if len(text) > 160 || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q", cause, text)
			}
		}
	}
	for _, c := range diag.Causes() {
		if plain, next := b.Meaning(c); plain == "" || next == "" {
			t.Errorf("%s has no plain words", c)
		}
	}
}

// Every step and runbook is used by something, and every link is the address
// of a page.
func TestNothingIsLeftOver(t *testing.T) {
	b := book(t)
	used := map[string]bool{}
	for _, r := range b.books {
		for _, id := range r.Steps {
			used[id] = true
		}
	}
	for id, s := range b.steps {
		if !used[id] {
			t.Errorf("step %s is in no runbook", id)
		}
		for _, d := range s.Do {
			if strings.HasPrefix(d, "http") && linkText(fill(d, &Values{IP: netip.MustParseAddr("192.0.2.1"), Domain: "a.example", LookupURL: "https://a.example/", ReplyLink: "https://a.example/"})) == "" {
				t.Errorf("step %s: %q is no link", id, d)
			}
		}
	}
	for _, s := range b.sublists {
		if b.variants[s.ID] == nil {
			t.Errorf("sub-list %s has no runbook", s.ID)
		}
	}
	var closed []string
	for _, s := range b.steps {
		closed = append(closed, s.Closes)
	}
	for _, c := range closers {
		if !slices.Contains(closed, c) {
			t.Errorf("no step closes %s", c)
		}
	}
}
