package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// auditCodes are all findings of the audit in their order.
var auditCodes = strings.Fields(`spam-source-user spam-source-web spam-source-webmail spam-source-redirect catch-all-external
	redirect-external relay-local-senders relay-anyone relay-granted-ip source-nat backscatter auth-guessing queue-growing
	queue-orphans self-banned`)

// givesUp ends the headline of a story in which mail waits for who refuses: the
// sample shows how long messages are tried.
const givesUp = `; of \d+ waiting the first gives up ~(\d+ \w+ )?\d\d:\d\d$`

// storyTruths are what the program has to say of each story, whatever its size:
// the headline, the findings that do not pass with what they say, and what
// changed in the day before the onset.
var storyTruths = []struct {
	story, headline string
	findings        map[string]string // code -> status and a pattern of the summary
	changes         []string
	runs            int
}{
	{
		story:    "password",
		headline: `^Queue [\d,]+: \d\d % from info@brandt-freight\.example since (\d+ \w+ )?\d\d:\d\d, 41 networks$`,
		findings: map[string]string{
			"spam-source-user": `fail ^info@brandt-freight\.example hands in far more than usual since .* 41 networks, 420 failed sign-ins before`,
			"auth-guessing":    `fail ^Guessing went on until it worked: after 420 failed sign-ins from 41 networks, info@brandt-freight\.example`,
			"queue-growing":    `warn ^[\d,]+ messages wait .* from info@brandt-freight\.example\.$`,
		},
		changes: []string{`^420 failed sign-ins within a day`, `^info@brandt-freight\.example began to sign in from \d+ networks not seen before`},
		runs:    1,
	},
	{
		story:    "new-server",
		headline: `^Gmail: 0 of \d+ accepted since (\d+ \w+ )?\d\d:\d\d` + givesUp,
		changes:  []string{`^The SMTP service was restarted`, `^The server began to introduce itself as win-7kq2r8v1, after mail\.harbourline\.example`, `^Mail began to leave from 198\.51\.100\.177, after 198\.51\.100\.25`},
	},
	{
		story:    "forwarding",
		headline: `^Gmail: 0 of \d+ accepted since (\d+ \w+ )?\d\d:\d\d` + givesUp,
		findings: map[string]string{
			"spam-source-redirect": `fail ^Redirections pass on what their targets refuse: \d+ of \d+ recipients from .*olm-clinic\.example/desk`,
			"catch-all-external":   `fail ^The catch-all of olm-clinic\.example leads outside`,
			"redirect-external":    `warn ^2 mailboxes are passed on to addresses elsewhere`,
			"backscatter":          `warn ^[\d,]+ notices go to strangers`,
		},
		runs: 1,
	},
	{
		story:    "local-relay",
		headline: `^Relay for local senders: [\d,]+ recipients without sign-in since (\d+ \w+ )?\d\d:\d\d, from \d+ networks`,
		findings: map[string]string{
			"relay-local-senders": `fail ^The server relays for whoever names a sender hosted here`,
			"queue-growing":       `warn ^[\d,]+ messages wait`,
		},
		runs: 1,
	},
	{story: "receiver-fault", headline: `^borough-council\.example: 0 of \d+ accepted since (\d+ \w+ )?\d\d:\d\d` + givesUp},
	{story: "smart-host", headline: `^Smart host: 0 of \d+ accepted since (\d+ \w+ )?\d\d:\d\d, harbourline-example\.mail\.protection\.outlook\.com$`},
	{
		story:    "nat-pool",
		headline: `: \d+ from 198\.51\.100\.2[67].* refused since .*, none from 198\.51\.100\.25$`,
		findings: map[string]string{"source-nat": `warn ^100 % of all clients seem to come from the private address 10\.0\.0\.1`},
	},
	{story: "quiet", headline: `^All quiet: \d+ accepted, \d+ refused in 24 hours$`},
}

// Every story is told as it is, and nothing else fires.
func TestStories(t *testing.T) {
	for i, st := range storyTruths {
		t.Run(st.story, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "site")
			if r := metriage(t, "", "demo", "--story", st.story, "--messages", fmt.Sprint(500+200*i), "--seed", fmt.Sprint(i), "--write", dir); r.code != 0 {
				t.Fatal(r.err)
			}
			r := metriage(t, "", "audit", "--root", dir, "--format", "json")
			got := decode(t, r.out)
			if got["installation"] != dir || !strings.HasSuffix(fmt.Sprint(got["settings_from"]), ".reg") || len(list(got["problems"])) > 0 {
				t.Errorf("installation %v, settings from %v, problems %v", got["installation"], got["settings_from"], got["problems"])
			}
			if h := fmt.Sprint(got["headline"]); !regexp.MustCompile(st.headline).MatchString(h) {
				t.Errorf("headline %q, want %s", h, st.headline)
			}
			code := 0
			for j, f := range list(got["findings"]) {
				f := f.(tree)
				if f["check"] != "audit" || f["code"] != auditCodes[j] {
					t.Fatalf("finding %d is %v %v", j, f["check"], f["code"])
				}
				want, fires := st.findings[auditCodes[j]]
				status, pattern, _ := strings.Cut(want, " ")
				if !fires {
					status = "pass"
				}
				if status == "fail" {
					code = 1
				}
				if f["status"] != status || !regexp.MustCompile(pattern).MatchString(f["summary"].(string)) {
					t.Errorf("%v is %v %q, want %s %s", f["code"], f["status"], f["summary"], status, pattern)
				}
			}
			if n := len(list(got["findings"])); n != len(auditCodes) {
				t.Errorf("%d findings", n)
			}
			if r.code != code {
				t.Errorf("exit %d, want %d", r.code, code)
			}
			var changes []string
			for _, c := range list(got["changes"]) {
				changes = append(changes, c.(tree)["text"].(string))
			}
			for _, want := range st.changes {
				if !regexp.MustCompile("(?m)" + want).MatchString(strings.Join(changes, "\n")) {
					t.Errorf("no change %s in %q", want, changes)
				}
			}
			if n := len(list(got["runs"])); n != st.runs {
				t.Errorf("%d spam runs: %v", n, got["runs"])
			}
			if len(list(got["matrix"])) == 0 || len(list(got["senders"])) == 0 {
				t.Error("no matrix or no senders")
			}
			counted := decode(t, metriage(t, "", "report", "--root", dir, "--runs", "--format", "json").out)
			spam, failures := counted["spam"].(tree), counted["totals"].(tree)["failures"].(float64)
			if of := spam["run_failures"].(float64); of+spam["innocent_failures"].(float64) != failures || (of > 0) != (st.runs > 0) {
				t.Errorf("of %v failures %v belong to runs, %v do not", failures, of, spam["innocent_failures"])
			}
			text := metriage(t, "", "audit", "--root", dir)
			if text.code != code || strings.Count(text.out, "PASS")+len(st.findings) != len(auditCodes) {
				t.Errorf("text, exit %d:\n%s", text.code, text.out)
			}
		})
	}
}
