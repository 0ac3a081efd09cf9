package reply

import (
	"strings"
	"testing"

	"metriage/diag"
)

func newClassifier(t testing.TB, o Options) *Classifier {
	t.Helper()
	c, problems, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	return c
}

// samples returns the samples of every built-in rule and the replies of the
// benchmarks.
func samples(t testing.TB) []string {
	t.Helper()
	rules, err := builtinRules()
	if err != nil {
		t.Fatal(err)
	}
	all := append([]string(nil), benchReplies...)
	for _, r := range rules {
		if !r.SmartHost {
			all = append(all, r.Samples...)
		}
		all = append(all, r.NotSamples...)
	}
	return all
}

// TestRules: every rule has a sample, decides it, and decides none of its
// counter-samples.
func TestRules(t *testing.T) {
	rules, err := builtinRules()
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) < 180 {
		t.Errorf("%d rules, want 180 at least", len(rules))
	}
	c := newClassifier(t, Options{})
	for _, r := range rules {
		ctx := Context{SmartHost: r.SmartHost}
		if len(r.Samples) == 0 {
			t.Errorf("rule %s has no sample", r.ID)
		}
		for _, s := range r.Samples {
			v := c.Classify(Parse(s), ctx)
			if v.Rule != r.ID {
				t.Errorf("rule %s: its sample %q is decided by %s (%s)", r.ID, s, v.Rule, v.Cause)
				continue
			}
			if v.Cause != r.Cause {
				t.Errorf("rule %s: cause %s", r.ID, v.Cause)
			}
			for i, a := range v.Also {
				if a == v.Cause || hasCause(v.Also[:i], a) {
					t.Errorf("rule %s: also %v beside %s", r.ID, v.Also, v.Cause)
				}
			}
			if len(v.Because) == 0 && len(r.Any)+len(r.All)+len(r.Link)+len(r.Enhanced) > 0 {
				t.Errorf("rule %s: nothing says why %q", r.ID, s)
			}
		}
		for _, s := range r.NotSamples {
			if v := c.Classify(Parse(s), ctx); v.Rule == r.ID {
				t.Errorf("rule %s decides %q", r.ID, s)
			}
		}
	}
}

// TestNoDelistingAdvice: no link to a delisting form where nothing is to be
// delisted.
func TestNoDelistingAdvice(t *testing.T) {
	c := newClassifier(t, Options{})
	n := 0
	for _, s := range samples(t) {
		for _, smart := range []bool{false, true} {
			switch v := c.Classify(Parse(s), Context{SmartHost: smart}); v.Cause {
			case diag.CauseRecipient, diag.CauseMailboxFull, diag.CauseSize, diag.CauseRelayDenied, diag.CauseSmartHost, diag.CauseReceiverFault:
				n++
				if v.LookupURL != "" {
					t.Errorf("%s with %s for %q", v.Cause, v.LookupURL, s)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d replies of such causes", n)
	}
}

// TestLookupURL: links are http or https and hold no placeholder.
func TestLookupURL(t *testing.T) {
	c := newClassifier(t, Options{})
	for _, s := range samples(t) {
		v := c.Classify(Parse(s), Context{Sender: "info@sender.example"})
		if v.LookupURL == "" {
			continue
		}
		if schemeLen(v.LookupURL) == 0 || strings.ContainsAny(v.LookupURL, "{}<> ") {
			t.Errorf("%q: link %q", s, v.LookupURL)
		}
	}
}
