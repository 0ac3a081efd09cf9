package diag

import (
	"strings"
	"testing"
	"unicode"
)

func TestDomainKey(t *testing.T) {
	for in, want := range map[string]string{
		"Example.COM.":      "example.com",
		" example.com ":     "example.com",
		"Müller.example":    "xn--mller-kva.example",
		"xn--mller-kva.de":  "xn--mller-kva.de",
		"under_score.ex":    "under_score.ex",
		"a b.example":       "a?b.example",
		"esc\x1b[2J.ex":     "esc?[2j.ex",
		"bidi\u202e.ex":     "xn--bidi-qx0a.ex",
		"bad\xff\xfebyt.ex": "bad??byt.ex",
		"":                  "",
	} {
		got := DomainKey(in)
		if in == "bidi\u202e.ex" || in == "bad\xff\xfebyt.ex" {
			if !isASCII(got) || strings.ContainsAny(got, "\u202e") {
				t.Errorf("%q: %q is not ASCII", in, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDomainDisplay(t *testing.T) {
	for in, want := range map[string]string{
		"xn--mller-kva.example": "müller.example",
		"example.com":           "example.com",
		"xn--a-ecp.example":     "xn--a-ecp.example", // not valid: stays encoded
	} {
		if got := DomainDisplay(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if k := DomainKey("bidi\u202eevil.ex"); DomainDisplay(k) != k {
		t.Errorf("a bidirectional control is decoded: %q", DomainDisplay(k))
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":           "plain text",
		"Grüße, 世界":            "Grüße, 世界",
		"\x1b[31mred\x1b[0m":   "?[31mred?[0m",
		"a\tb\r\nc":            "a b  c",
		"c1 \u009b31m":         "c1 ?31m",
		"bidi \u202eabc\u202c": "bidi ?abc?",
		"zero\u200bwidth":      "zero?width",
		"bad \xff byte":        "bad ? byte",
		"line\u2028sep":        "line sep",
		"tag \U000E0041":       "tag ?",
		"del\x7f":              "del?",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := CleanLines("a\r\nb\nc\x07"); got != "a\nb\nc?" {
		t.Errorf("got %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b]52;c;aGk=\x07 \u202e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Clean(s) {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%q keeps %U", s, r)
			}
		}
		DomainDisplay(DomainKey(s))
	})
}

func TestCausesAreComplete(t *testing.T) {
	seen := map[Cause]bool{}
	for _, c := range Causes() {
		if seen[c] || c.Label() == "" || !c.Valid() {
			t.Errorf("%s: twice, without label or not valid", c)
		}
		seen[c] = true
	}
	if len(seen) != 28 || Cause("nonsense").Valid() {
		t.Errorf("%d causes", len(seen))
	}
}

func TestStatusMeaning(t *testing.T) {
	if StatusMeaning(0) != "" || StatusMeaning(11) != "" || StatusMeaning(-1) != "" || StatusMeaning(4) == "" {
		t.Error("only 1 to 10 have a meaning")
	}
}
