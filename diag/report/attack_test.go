package report

import "testing"

func TestCellsAreNoFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"office@a.example":    "office@a.example",
		"a-b;c":               "a-b;c",
		"=1+1":                "'=1+1",
		" =1+1":               "' =1+1",
		"+1":                  "'+1",
		"-1":                  "'-1",
		"@SUM(A1)":            "'@SUM(A1)",
		"|calc":               "'|calc",
		"\uff1d1+1":           "'\uff1d1+1",
		"x;=1+1;":             "x;'=1+1;",
		"x; \"=1+1\"":         "x;' \"=1+1\"",
		"550 5.7.1 a;b;-c":    "550 5.7.1 a;b;'-c",
		"\"=1+1\"":            "'\"=1+1\"",
		"prvs=a=b@c.example":  "prvs=a=b@c.example",
		"550 see ?ip=1;code=": "550 see ?ip=1;code=",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	var s Style
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 5, "abc"}, {"abcdef", 5, "ab..."}, {"äöüäöü", 5, "äö..."}, {"äöü", 3, "äöü"}, {"a\x1bb", 3, "a?b"}} {
		if got := s.short(c.in, c.n); got != c.want {
			t.Errorf("%q at %d becomes %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
