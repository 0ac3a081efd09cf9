package reply

import (
	"bytes"
	"fmt"
	"mime/quotedprintable"
	"reflect"
	"strings"
	"sync"
	"testing"

	"metriage/diag"
)

// variant is one way in which a reply comes out of a log or a bounce.
type variant struct {
	name string
	make func(line string) string
}

var variants = []variant{
	{"several lines, codes repeated", func(s string) string { return severalLines(s, "\n", true) }},
	{"several lines, basic code repeated", func(s string) string { return severalLines(s, "\n", false) }},
	{"several lines, CRLF", func(s string) string { return severalLines(s, "\r\n", true) }},
	{`literal \n`, func(s string) string { return severalLines(s, `\n`, true) }},
	{"joined with codes", func(s string) string { return severalLines(s, " ", true) }},
	{"wrapped at 60", func(s string) string { return wrap(s, 60, "\n") }},
	{"wrapped at 72", func(s string) string { return wrap(s, 72, "\n\t") }},
	{"wrapped at 78", func(s string) string { return wrap(s, 78, "\n    ") }},
	{"joined and wrapped at 60", func(s string) string { return wrap(severalLines(s, " ", true), 60, "\n") }},
	{"cut at 60", func(s string) string { return hardWrap(s, 60) }},
	{"cut at 72", func(s string) string { return hardWrap(s, 72) }},
	{"cut at 78", func(s string) string { return hardWrap(s, 78) }},
	{"link on a line of its own", func(s string) string { return strings.Replace(s, " http", "\nhttp", 1) }},
	{"link cut behind a slash", func(s string) string { return cutLink(s, 0) }},
	{"link cut within a word", func(s string) string { return cutLink(s, 3) }},
	{"link cut with blank", func(s string) string { return strings.Replace(cutLink(s, 3), "\n", " ", 1) }},
	{"scheme cut", func(s string) string { return strings.Replace(s, "http", "htt\np", 1) }},
	{"quoted-printable", quotedPrintable},
	{"several lines, quoted-printable", func(s string) string { return quotedPrintable(severalLines(s, "\r\n", true)) }},
	{"HTML entities", func(s string) string {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;").Replace(s)
	}},
	{"transcript", func(s string) string { return "<<< " + severalLines(s, "\n<<< ", true) }},
	{"delivery report", func(s string) string { return "Diagnostic-Code: smtp; " + wrap(s, 70, "\n    ") }},
	{"smtp prefix", func(s string) string { return "smtp;" + s }},
	{"blanks around", func(s string) string { return "  \t" + s + " \r\n\r\n" }},
}

// severalLines cuts a reply into lines of some forty characters, each with its
// codes.
func severalLines(s, sep string, enhanced bool) string {
	code, _, e, rest := head(s)
	if code == 0 {
		return s
	}
	prefix := fmt.Sprint(code)
	tail := ""
	if e != "" && enhanced {
		tail = e + " "
	} else if e != "" {
		rest = e + " " + rest
	}
	lines := strings.Split(wrap(rest, 40, "\n"), "\n")
	for i := range lines {
		dash := "-"
		if i == len(lines)-1 {
			dash = " "
		}
		lines[i] = prefix + dash + tail + lines[i]
	}
	return strings.Join(lines, sep)
}

// wrap breaks s at blanks so that no line is longer than width, unless a word is.
func wrap(s string, width int, sep string) string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && len(line)+1+len(w) > width {
			lines = append(lines, line)
			line = w
			continue
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return strings.Join(append(lines, line), sep)
}

// hardWrap breaks s at a column, in the middle of words.
func hardWrap(s string, width int) string {
	s = strings.Join(strings.Fields(s), " ")
	var lines []string
	for len(s) > width {
		lines = append(lines, s[:width])
		s = s[width:]
	}
	return strings.Join(append(lines, s), "\n")
}

// cutLink breaks the first link some bytes behind the last slash of its path.
func cutLink(s string, behind int) string {
	u := links(s)
	if len(u) == 0 {
		return s
	}
	at := strings.Index(s, u[0])
	slash := strings.LastIndexByte(u[0], '/')
	if slash < 8 || slash+1+behind >= len(u[0]) {
		return s
	}
	at += slash + 1 + behind
	return s[:at] + "\n" + s[at:]
}

func quotedPrintable(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		return s
	}
	if err := w.Close(); err != nil {
		return s
	}
	return b.String()
}

// TestInvariance: a reply has one verdict, however its lines were broken.
func TestInvariance(t *testing.T) {
	c := newClassifier(t, Options{})
	for _, raw := range samples(t) {
		line := strings.Join(strings.Fields(Parse(raw).Text), " ")
		r := Parse(line)
		want := c.Classify(r, Context{})
		for _, v := range variants {
			text := v.make(line)
			got := Parse(text)
			if got.Code != r.Code || got.Enhanced != r.Enhanced {
				t.Errorf("%s: %q: code %d %s, want %d %s\nfrom %q", v.name, line, got.Code, got.Enhanced, r.Code, r.Enhanced, text)
				continue
			}
			verdict := c.Classify(got, Context{})
			if verdict.Rule != want.Rule || verdict.Cause != want.Cause || verdict.Named != want.Named || verdict.Provider != want.Provider {
				t.Errorf("%s: rule %s, named %s, provider %s; want %s, %s, %s\nfor  %q\nread %q", v.name, verdict.Rule, verdict.Named, verdict.Provider, want.Rule, want.Named, want.Provider, text, got.Text)
			}
		}
	}
}

// TestConcurrent: one classifier for many goroutines.
func TestConcurrent(t *testing.T) {
	c := newClassifier(t, Options{})
	all := samples(t)
	want := make([]diag.Verdict, len(all))
	for i, s := range all {
		want[i] = c.Classify(Parse(s), Context{})
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for k := range all {
				i := (k + g*31) % len(all)
				if _, got := c.Text(all[i], Context{}); !reflect.DeepEqual(got, want[i]) {
					t.Errorf("%q: %+v, want %+v", all[i], got, want[i])
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestCacheIsBounded: many different texts do not fill the memory, and what was
// thrown out is read again.
func TestCacheIsBounded(t *testing.T) {
	c := newClassifier(t, Options{})
	for i := range 3 * shards * shardHalf {
		c.Text(fmt.Sprintf("550 5.1.1 <user%d@example.com>: User unknown", i), Context{})
	}
	n := 0
	for i := range c.seen.shard {
		n += len(c.seen.shard[i].young) + len(c.seen.shard[i].old)
	}
	if n == 0 || n > 2*shards*shardHalf {
		t.Errorf("%d entries", n)
	}
	if _, v := c.Text("550 5.1.1 <user0@example.com>: User unknown", Context{}); v.Cause != diag.CauseRecipient {
		t.Errorf("%+v", v)
	}
	long := "550 " + strings.Repeat("spam ", maxCached)
	c.Text(long, Context{})
	for i := range c.seen.shard {
		for _, e := range c.seen.shard[i].young {
			if len(e.reply.Raw) > maxCached {
				t.Error("a long text was kept")
			}
		}
	}
}

// TestIdempotent: a normalised text is its own normal form.
func TestIdempotent(t *testing.T) {
	for _, raw := range samples(t) {
		r := Parse(raw)
		again := Parse(r.Text)
		if again.Text != r.Text || again.Code != r.Code || again.Enhanced != r.Enhanced {
			t.Errorf("%q\nnormalised %q\nthen       %q", raw, r.Text, again.Text)
		}
	}
}

// TestDeterminism: the same verdict on every run, in any order, with and
// without the cache.
func TestDeterminism(t *testing.T) {
	first := newClassifier(t, Options{})
	all := samples(t)
	want := make([]diag.Verdict, len(all))
	for i, s := range all {
		want[i] = first.Classify(Parse(s), Context{})
	}
	for run := range 3 {
		c := newClassifier(t, Options{})
		for k := range all {
			i := (k*7 + run*13) % len(all)
			if run == 1 {
				i = len(all) - 1 - k
			}
			if got := c.Classify(Parse(all[i]), Context{}); !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("run %d: %q: %+v, want %+v", run, all[i], got, want[i])
			}
			for range 2 {
				if _, got := c.Text(all[i], Context{}); !reflect.DeepEqual(got, want[i]) {
					t.Fatalf("run %d, cache: %q: %+v, want %+v", run, all[i], got, want[i])
				}
			}
		}
	}
}
