package reply

import (
	"strings"
	"testing"

	"metriage/diag"
)

func TestOwnRules(t *testing.T) {
	c, problems, err := New(Options{OwnName: "metriage.toml", Own: []byte(`# the admin's file
root = ["C:\\Program Files\\Mail Enable"]

[[list]]
id = "x"

[[rule]]
id = "ours"
any = ["tough luck"]
cause = "policy"
named = "x-partner"
lookup = "https://partner.example/?ip={ip}"
checks = ["ptr"]
samples = ["550 5.0.0 Tough luck, 192.0.2.10"]

[[rule]]
id = "by expression"
match = 'Code [A-Z]{3}-\d+'
cause = "reputation-ip"
named = "x-partner"

[[rule]]
# replaces a built-in one
id = "greylisting"
any = ["greylist"]
cause = "other"
`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	v := c.Classify(Parse("550 5.0.0 Tough luck, 192.0.2.10"), Context{})
	if v.Cause != diag.CausePolicy || v.Named != "x-partner" || v.LookupURL != "https://partner.example/?ip=192.0.2.10" || v.Rule != "ours" || len(v.Checks) != 1 {
		t.Errorf("%+v", v)
	}
	if v := c.Classify(Parse("550 Refused with Code ABC-12"), Context{}); v.Rule != "by expression" {
		t.Errorf("%+v", v)
	}
	if v := c.Classify(Parse("450 4.7.1 Greylisted"), Context{}); v.Cause != diag.CauseOther || v.Rule != "greylisting" {
		t.Errorf("%+v", v)
	}
}

// TestBrokenOwnRules: each problem names line, rule and field, and the rest
// loads.
func TestBrokenOwnRules(t *testing.T) {
	const good = "[[rule]]\nid = \"good\"\nany = [\"tough luck\"]\ncause = \"policy\"\n"
	for _, tc := range []struct{ name, rule, want string }{
		{"syntax", "[[rule]]\nid = \"bad\"\nany = [\"a\"\ncause = policy\n", "line "},
		{"cause", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\ncause = \"bad luck\"\n", `line 4: rule "bad": field "cause"`},
		{"no cause", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\n", `field "cause"`},
		{"no id", "[[rule]]\nany = [\"a\"]\ncause = \"policy\"\n", `field "id"`},
		{"expression", "[[rule]]\nid = \"bad\"\nmatch = '(a'\ncause = \"policy\"\n", `line 3: rule "bad": field "match"`},
		{"unknown field", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\ncuase = \"policy\"\n", `line 4: there is no field "rule.cuase"`},
		{"type", "[[rule]]\nid = \"bad\"\nany = \"a\"\ncause = \"policy\"\n", "line 3"},
		{"named", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\nnamed = \"ours\"\ncause = \"policy\"\n", `field "named"`},
		{"lookup", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\nlookup = \"javascript:x\"\ncause = \"policy\"\n", `field "lookup"`},
		{"check", "[[rule]]\nid = \"bad\"\nany = [\"a\"]\nchecks = [\"prt\"]\ncause = \"policy\"\n", `field "checks"`},
		{"empty literal", "[[rule]]\nid = \"bad\"\nany = [\" - \"]\ncause = \"policy\"\n", `field "any"`},
		{"fits everything", "[[rule]]\nid = \"bad\"\ncause = \"policy\"\n", `field "any"`},
		{"string without end", "[[rule]]\nid = \"bad\"\nmatch = '''a\ncause = \"policy\"\n", "line "},
		{"the id twice", "[[rule]]\nid = \"good\"\nany = [\"a\"]\ncause = \"policy\"\n", `field "id"`},
		{"wrong sample", "[[rule]]\nid = \"bad\"\nany = [\"zzz\"]\ncause = \"policy\"\nsamples = [\"550 User unknown\"]\n", `rule "bad": field "samples"`},
		{"wrong counter-sample", "[[rule]]\nid = \"bad\"\nany = [\"zzz\"]\ncause = \"policy\"\nnot_samples = [\"550 zzz\"]\n", `field "not_samples"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, text := range []string{tc.rule + good, good + tc.rule} {
				c, problems, err := New(Options{Own: []byte(text), OwnName: "own.toml"})
				if err != nil {
					t.Fatal(err)
				}
				if len(problems) != 1 || !strings.Contains(problems[0].Error(), "own.toml") && !strings.Contains(tc.name, "sample") {
					t.Fatalf("problems %v, want one", problems)
				}
				if text[:len(tc.rule)] == tc.rule && !strings.Contains(problems[0].Error(), tc.want) {
					if tc.name != "the id twice" {
						t.Errorf("problem %q does not say %q", problems[0], tc.want)
					}
				}
				if v := c.Classify(Parse("550 tough luck"), Context{}); v.Rule != "good" && tc.name != "the id twice" {
					t.Errorf("the good rule is lost: %s", v.Rule)
				}
			}
		})
	}
}

func TestOwnRulesBounds(t *testing.T) {
	many := strings.Repeat("[[rule]]\nid = \"x\"\nany = [\"a\"]\ncause = \"policy\"\n", 10)
	if _, problems, err := New(Options{Own: []byte(many)}); err != nil || len(problems) != 9 {
		t.Errorf("%d problems, %v", len(problems), err)
	}
	if _, problems, err := New(Options{Own: make([]byte, maxOwnBytes+1)}); err != nil || len(problems) != 1 {
		t.Errorf("%v, %v", problems, err)
	}
	for _, own := range [][]byte{nil, {}, []byte("\n"), []byte("# nothing"), []byte("x = 1"), {0xff, 0xfe}} {
		if _, problems, err := New(Options{Own: own}); err != nil || len(problems) != 0 {
			t.Errorf("%q: %v, %v", own, problems, err)
		}
	}
}

func FuzzOwnRules(f *testing.F) {
	f.Add([]byte("[[rule]]\nid = \"a\"\nany = [\"b\"]\ncause = \"policy\"\n"))
	f.Add([]byte("[[rule]]\nmatch = '''\n[[rule]]\n'''\n[x]\n"))
	f.Add([]byte("[[rule]]\nid=\"a\"\nall=[\"b|c\"]\ncode=[\"5\"]\nenhanced=[\"x.7.\"]\ncause=\"spf\"\nnames=[\"ip-list\"]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4<<10 {
			return
		}
		rules, problems := ownRules(b, "f")
		for _, p := range problems {
			if !strings.Contains(p.Error(), "line ") && !strings.Contains(p.Error(), "more than") {
				t.Fatalf("problem without a line: %v", p)
			}
		}
		for _, r := range rules {
			if r.ID == "" || !r.Cause.Valid() {
				t.Fatalf("rule %+v", r)
			}
		}
	})
}
