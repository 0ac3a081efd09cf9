package tui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"metriage/diag/triage"
)

// played is one story of the demo as a new user plays it at 80x24.
type played struct {
	story    string
	headline string    // what the first line says
	plan     []string  // steps of the plan, in their order
	open     string    // a step that is open after the first look
	closes   [2]string // a step that closes something, and who used it
	repairs  []string  // of the demo
	done     []string  // steps that tick themselves after the repairs
	ledger   string    // what the plan says of the ledger then
	report   []string  // what the ticket says
	after    string    // what the first line says once everything is done
}

var storiesPlayed = []played{
	{
		story: "", headline: "info@brandt-freight.example since", after: "old-partner.example: 0 of ",
		closes:  [2]string{"Change the password of info@brandt-freight", "info@brandt-freight.example is somebody's mailbox"},
		plan:    []string{"Limit how much info@brandt-freight.example may send", "Ask the owner of 198.51.100.25 for a PTR record", "Wait for the first delivery", "Tell the senders"},
		open:    "Ask the owner of 198.51.100.25 for a PTR record",
		repairs: []string{"ptr", "delist"},
		done:    []string{"Ask the owner of 198.51.100.25 for a PTR record", "Ask the lists again"},
		ledger:  "mail is accepted again at 11 of",
		report:  []string{"accepts mail again", "step proven: Ask the owner of 198.51.100.25 for a PTR record"},
	},
	{
		story: "password", headline: "info@brandt-freight.example since",
		closes:  [2]string{"Hold what is left of the run", "belong to no run"},
		plan:    []string{"Limit how much info@brandt-freight.example may send", "Change the password", "Restart the SMTP service", "Remove the XBL entry yourself", "Wait for the first delivery", "Limit what any mailbox may send"},
		open:    "Ask the lists again",
		repairs: []string{"delist"},
		done:    []string{"Ask the lists again", "Wait for the first delivery"},
		ledger:  "mail is accepted again at all 5 domains",
		report:  []string{"accepts mail again"},
		after:   "Queue: ",
	},
	{
		story: "new-server", headline: "0 of ",
		plan:    []string{"PTR", "SPF", "Wait for the first delivery"},
		open:    "Replace the HELO name win-7kq2r8v1",
		repairs: []string{"ptr", "spf", "helo", "t-online"},
		done:    []string{"Replace the HELO name win-7kq2r8v1", "Wait for the first delivery"},
		ledger:  "mail is accepted again at all 5 domains",
		report:  []string{"accepts mail again"},
		after:   "Recovered: borough-council.example and 4 more domains accept mail again since 09:3",
	},
	{
		story: "forwarding", headline: "0 of ",
		closes:  [2]string{"If a catch-all redirects outside", "mail to any unknown address goes to"},
		plan:    []string{"If a catch-all redirects outside", "Wait for the first delivery"},
		open:    "Wait for the first delivery",
		repairs: []string{"redirections"},
		done:    []string{"Wait for the first delivery"},
		ledger:  "mail is accepted again at all 2 domains",
		report:  []string{"accepts mail again"},
		after:   "Recovered: ",
	},
	{
		story: "local-relay", headline: "Relay for local senders",
		closes:  [2]string{"Switch off \"Allow relay for local senders\"", "that is the hole"},
		plan:    []string{"Switch off \"Allow relay for local senders\"", "Wait for the first delivery"},
		open:    "Switch off \"Allow relay for local senders\"",
		repairs: []string{"relay", "delist"},
		done:    []string{"Switch off \"Allow relay for local senders\"", "Wait for the first delivery"},
		ledger:  "mail is accepted again at all 4 domains",
		report:  []string{"accepts mail again", "step proven: Switch off"},
		after:   "Queue: ",
	},
	{
		story: "receiver-fault", headline: "0 of ",
		plan:    []string{"Make sure that no list holds you", "Try again in a day", "Send their postmaster the evidence"},
		open:    "Send their postmaster the evidence",
		repairs: []string{"receivers"},
		done:    []string{"Try again in a day", "Send their postmaster the evidence"},
		ledger:  "mail is accepted again at all 2 domains",
		report:  []string{"accepts mail again"},
		after:   "Recovered: ",
	},
	{
		story: "smart-host", headline: "0 of ",
		plan:    []string{"Wait for the first delivery"},
		open:    "Wait for the first delivery",
		repairs: []string{"smart-host"},
		done:    []string{"Wait for the first delivery"},
		ledger:  "mail is accepted again at all 6 domains",
		report:  []string{"accepts mail again"},
		after:   "Recovered: ",
	},
	{
		story: "nat-pool", headline: "from 198.51.100.26, 198.51.100.27 refused since 22 Nov 10:50",
		plan:    []string{"Ask the owner of 198.51.100.26 for a PTR record", "Let the PTR name lead back to 198.51.100.26", "Ask the owner of 198.51.100.27 for a PTR record", "Let the PTR name lead back to 198.51.100.27"},
		open:    "Ask the owner of 198.51.100.26 for a PTR record",
		repairs: []string{"ptr"},
		done:    []string{"Ask the owner of 198.51.100.26 for a PTR record", "Ask the owner of 198.51.100.27 for a PTR record", "Wait for the first delivery"},
		ledger:  "mail is accepted again at all 3 domains",
		// No destination refuses everything: the pool's addresses have the onset.
		report: []string{"198.51.100.26 at GMX", "198.51.100.27 at Gmail: first refused", "step proven: Ask the owner of 198.51.100.26", "step proven: Ask the owner of 198.51.100.27"},
		after:  "Recovered: northgate-legal.example and 2 more domains accept mail again since 09:3",
	},
	{story: "quiet", headline: "All quiet: ", plan: []string{"Tell"}, after: "All quiet: "},
}

// TestStoriesPlayToTheEnd goes through every story by keys alone: headline,
// plan, what is wrong, the demo's repair, verify, ticks, recovery, report.
func TestStoriesPlayToTheEnd(t *testing.T) {
	for _, p := range storiesPlayed {
		t.Run(p.story, func(t *testing.T) { p.play(t) })
	}
}

func (p played) play(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, setup{w: 80, h: 24, story: &p.story, opt: Options{ExportDir: dir, CopyDir: dir, Until: "until the demo ends"}})
	s.has(p.headline)
	s.press("P", "v")
	s.press("g")
	plan := s.read()
	from := 0
	for _, step := range p.plan {
		i := strings.Index(plan[from:], step)
		if i < 0 {
			t.Fatalf("the plan has no %q behind the others:\n%s", step, plan)
		}
		from += i + len(step)
	}
	if p.open != "" {
		if l := lineWith(plan, p.open); !strings.HasSuffix(l, "OPEN") {
			t.Errorf("%q is not open: %q", p.open, l)
		}
	}
	if p.closes[0] != "" {
		for range s.m.planSteps() {
			if strings.Contains(s.planRow(), p.closes[0][:20]) {
				break
			}
			s.press("j")
		}
		s.press("enter")
		if detail := strings.Join(strings.Fields(s.read()), " "); !strings.Contains(detail, p.closes[1]) {
			t.Errorf("%s does not say %q:\n%s", p.closes[0], p.closes[1], s.read())
		}
	}
	s.press("P")
	for _, r := range p.repairs {
		s.later.Add(int64(time.Minute))
		s.press(":")
		s.typed("demo-repair " + r)
		s.press("enter")
	}
	s.later.Add(int64(10 * time.Minute))
	s.press("P", "v", "g")
	plan = s.read()
	for _, step := range p.done {
		if l := lineWith(plan, step); !strings.HasSuffix(l, "DONE") {
			t.Errorf("%q is not done: %q\n%s", step, l, plan)
		}
	}
	if !strings.Contains(plan, p.ledger) {
		t.Errorf("the ledger does not say %q:\n%s", p.ledger, plan)
	}
	// The rest by hand, with a note.
	steps := s.m.planSteps()
	s.press("g")
	for _, step := range steps {
		if !s.m.steps[step.Key()].Done && step.Check == "" && step.Ledger == "" {
			s.press("d")
			s.typed("seen to")
			s.press("enter")
			if st := s.m.steps[step.Key()]; !st.Done || !st.ByHand || st.Text != "seen to" {
				t.Errorf("%q is not ticked: %+v", step.Title, st)
			}
		}
		s.press("j")
	}
	if h := s.m.data.headline.Text; !strings.HasPrefix(h, p.after) {
		t.Errorf("after everything the headline is %q, want %q", h, p.after)
	}
	s.press("e", "esc")
	s.has("Written, kept until the demo ends:")
	files, err := filepath.Glob(filepath.Join(dir, "export-*.md"))
	if err != nil || len(files) != 1 {
		t.Fatalf("reports: %v %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	began := regexp.MustCompile(`refused from here on|first refused`)
	if len(p.report) > 0 && !began.Match(b) {
		t.Errorf("the report does not say when it began:\n%s", b)
	}
	for _, words := range append(p.report, "# Refused mail") {
		if !strings.Contains(string(b), words) {
			t.Errorf("the report does not say %q:\n%s", words, b)
		}
	}
	s.press(":")
	s.typed("export capsule")
	s.press("enter")
	told, err := filepath.Glob(filepath.Join(dir, "capsule-*", triage.CapsuleReport))
	if err != nil || len(told) != 1 {
		t.Fatalf("capsules: %v %v\n%s", told, err, s.screen())
	}
	if b, err = os.ReadFile(told[0]); err != nil || !strings.Contains(string(b), "# Refused mail") || strings.Contains(string(b), "info@brandt") {
		t.Errorf("the capsule's report names people, or is none: %v\n%.300s", err, b)
	}
	c := triage.New(triage.Options{Roots: []string{filepath.Dir(told[0])}})
	if errs := c.Locate(); len(errs) > 0 {
		t.Errorf("the capsule does not open: %v", errs)
	}
	if n, all := len(c.KeptFindings()), len(s.m.findings.All()); n != all || n == 0 {
		t.Errorf("the capsule holds %d findings of %d", n, all)
	}
	opened := New(t.Context(), c, Options{})
	if len(opened.findings.All()) != len(s.m.findings.All()) || len(opened.notes) == 0 {
		t.Errorf("the dashboard of the capsule shows %d findings, notes %q", len(opened.findings.All()), opened.notes)
	}
}

// read is the whole text of what lies over the screen.
func (s *stage) read() string {
	o, ok := s.m.topOverlay()
	if !ok {
		s.t.Fatalf("nothing lies over the screen:\n%s", s.screen())
	}
	lines, _ := o.lines(s.m, s.m.width-2)
	for i := range lines {
		lines[i] = strings.TrimRight(strip(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

// planRow is the line of the plan under the cursor.
func (s *stage) planRow() string {
	o, _ := s.m.topOverlay()
	lines, pick := o.lines(s.m, s.m.width-2)
	if pick < 0 {
		return ""
	}
	return strip(lines[pick])
}

func lineWith(text, words string) string {
	if len(words) > 40 {
		words = words[:40] // titles are cut at 80 columns
	}
	for _, l := range strings.Split(text, "\n") {
		if strings.Contains(l, words) {
			return l
		}
	}
	return ""
}
