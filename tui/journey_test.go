package tui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// From the first screen to a FAIL with its evidence and the step that answers
// it, and out again.
func TestFromBounceToProvenCauseAndStep(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.has("Queue 50", "% from info@brandt-freight.example since", "REFUSED", "webpost.example")
	s.goTo("webpost.example")
	s.press("enter")
	s.has("› webpost.example", "RECIPIENT", "no PTR")
	s.press("enter")
	s.has("[2 Checks]", "FAIL    PTR", "PASS    HELO", "FAIL    DNSBL", "PASS    RELAY", "has no PTR record", "PROVEN")
	s.press("enter")
	s.has("PTR -> NXDOMAIN", "asked at 09:30:00")
	s.press("3")
	s.has("CONTAIN", "PROVEN")
	s.press("z")
	s.has("CONTAIN", "CURE", "PTR record", "OPEN")
	s.press("z", "4")
	s.has("X-MEFilter: 1")
	s.press("esc", "esc")
	s.has("[Failures] Queue", "REFUSED SINCE")
	_, cmd := s.m.Update(keyOf("q"))
	if cmd == nil {
		t.Error("q does not quit")
	}
	if v := s.m.View(); v.Content != "" || v.AltScreen {
		t.Error("the last frame is not empty")
	}
}

// Checks of ourselves run once; r asks again, x stops and late findings are
// dropped.
func TestChecksBelongToTheSession(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	asked := func() int { return len(s.world.Server().Queries()) }
	s.press("enter", "j", "j", "k")
	if n := asked(); n != 0 {
		t.Fatalf("moving the cursor asked %d questions", n)
	}
	s.press("enter")
	first := asked()
	if first == 0 {
		t.Fatal("opening a detail asked nothing")
	}
	s.press("esc", "j", "enter", "esc", "esc", "j", "enter", "enter")
	if n := asked(); n != first {
		t.Errorf("opening another detail asked %d more questions", n-first)
	}
	s.press("r")
	if asked() == first {
		t.Error("r asked nothing anew")
	}

	run := s.m.findings.Begin([]string{"ptr"})
	s.m.stopChecks()
	if s.m.findings.Add(run, s.m.findings.All()[0]) {
		t.Error("a finding of a stopped run was kept")
	}
}

// A fix is made outside, v proves it and ticks the step.
func TestVerifyTicksTheStepThatWasProven(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 60})
	s.goTo("webpost.example")
	s.press("enter", "enter", "3", "z")
	s.has("OPEN", "PTR record")
	if err := s.world.Repair("ptr"); err != nil {
		t.Fatal(err)
	}
	s.press("v")
	s.has("changed by this check")
	for _, l := range strings.Split(s.screen(), "\n") {
		if strings.Contains(l, "PTR record") && strings.Contains(l, "OPEN") {
			t.Errorf("still open: %s", l)
		}
	}
	s.has("DONE")
	// One that nothing can prove is ticked by hand, with a note.
	s.press("d")
	s.has("What was done?")
	s.typed("read it")
	s.press("enter", "enter", "enter")
	s.has("DONE", "ticked by hand", "read it")
	s.press("d")
	s.hasNot("ticked by hand")
}

func TestPaletteRunsCommandsByName(t *testing.T) {
	ran := false
	s := newStage(t, setup{w: 80, h: 24, opt: Options{Commands: []Command{{Name: "demo repair ptr", Help: "mend it", Run: func(context.Context) (string, error) {
		ran = true
		return "mended", nil
	}}}}})
	s.press(":")
	s.has("Command:", "group by sender", "export csv")
	s.typed("group sender")
	s.press("backspace")
	s.press("esc", ":")
	s.typed("by sender")
	s.press("enter")
	s.has("SENDER", "info@brandt-freight")
	s.press(":")
	s.typed("repair")
	s.press("enter")
	s.has("mended")
	if !ran {
		t.Error("the command did not run")
	}
	s.press(":")
	s.typed("messages")
	s.press("enter")
	s.has("Messages of this session", "mended")
}

func TestMarkAndExport(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, setup{w: 80, h: 24, opt: Options{ExportDir: dir}})
	s.goTo("webpost.example")
	s.press("enter", "space", "space")
	s.has("2 marked", "\n *  1h")
	for _, format := range []string{"text", "csv", "json", "markdown"} {
		s.press("e")
		s.has("Export 2 rows as")
		s.typed(format)
		s.press("enter")
		s.has("2 rows:")
	}
	files, err := filepath.Glob(filepath.Join(dir, "export-*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(b), "webpost.example") {
			t.Errorf("%s: %v %.80s", f, err, b)
		}
	}
	s.press("u", "e")
	s.has("Export 2")
}

func TestLetters(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, setup{w: 80, h: 24, opt: Options{CopyDir: dir}})
	s.goTo("webpost.example")
	s.press("enter", "enter", "L")
	s.has("Request for a PTR record", "Answer to a local sender")
	s.press("enter")
	s.has("(copied)", "Subject: ", "198.51.100.25")
	b, err := os.ReadFile(filepath.Join(dir, copyName))
	if err != nil || !strings.Contains(string(b), "25.100.51.198.in-addr.arpa") {
		t.Errorf("%v: %s", err, b)
	}
	s.press("esc")
	s.has("[2 Checks]")
}

func TestSearchInHelp(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("?", "/")
	s.typed("export")
	s.press("enter")
	s.has("Export the marked items", "/export")
	s.hasNot("Next page")
	s.press("esc")
	s.has("Next page")
	s.press("esc")
	s.has("REFUSED")
}

// A provider groups its domains; the cursor stays on its item.
func TestGroupByProviderAndBack(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("p")
	s.has("PROVIDER", "Microsoft 365")
	s.press("p")
	s.has("DOMAIN", "atlas-machines")
}

func TestE0193Only(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("m")
	s.has("(ME-E0193 only)", "webpost.example")
	s.hasNot("northgate-legal")
	s.press("enter")
	for range 40 {
		s.press("j")
	}
	s.press("esc", "esc")
	s.hasNot("(ME-E0193 only)")
}

func TestHeadlineOpensItsGroup(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("0")
	key := s.m.data.headline.Key
	s.has(key, "RECIPIENT")
	s.press("esc")
	if !strings.Contains(s.row(), key[:15]) {
		t.Errorf("headline %q, row %q", s.m.data.headline.Text, s.row())
	}
}

// A headline that comes from a finding about nobody in particular opens that.
func TestHeadlineOpensItsFinding(t *testing.T) {
	story := "local-relay"
	s := newStage(t, setup{w: 80, h: 24, story: &story})
	s.has("0 opens it")
	s.press("]", "]", "j", "j", "/")
	s.typed("status:pass")
	s.press("enter", "enter", "[", "0")
	s.has("[Server]", "[1 Finding]", "relay-local-senders")
	if !strings.Contains(s.row(), "FAIL    Relay: own senders") || s.m.state().detail {
		t.Errorf("row %q", s.row())
	}
	s.hasNot("filter:")
}

// What is out of order alone, and everything again.
func TestFaultsOnly(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("F")
	s.has("filter: fault:yes", "webpost.example")
	s.hasNot("example.org ")
	s.press("F")
	s.hasNot("filter:")
	s.press("]", "F")
	s.has("filter: fault:yes")
}

func TestFilterWhileTyping(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("/")
	s.typed("cause:ptr")
	s.has("/cause:ptr", "webpost.example")
	s.hasNot("example.org ")
	s.press("enter")
	s.has("filter: cause:ptr")
	s.press("enter", "esc")
	s.has("filter: cause:ptr")
	s.press("esc")
	s.hasNot("filter:")
	s.press("/")
	s.typed("nothing-like-this")
	s.has("Nothing matches nothing-like-this. esc clears the filter.")
	s.press("esc")
	s.has("atlas-machines", "borough-council")
}

func TestSortKeepsTheCursorOnItsItem(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.goTo("webpost.example")
	s.press("s")
	if !strings.Contains(s.row(), "webpost.example") {
		t.Errorf("after sorting the cursor is on %q", s.row())
	}
	s.press("S")
	if !strings.Contains(s.row(), "webpost.example") {
		t.Errorf("after reversing the cursor is on %q", s.row())
	}
	s.has("Sorted by DOMAIN")
}

func TestQueue(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("]")
	s.has("Failures [Queue]", "SMTP/Outgoing", "FOLDER", "OLDEST", "FAULTS")
	s.press("enter")
	s.has("DESTINATION", "STATUS", "TRIES", "Destination", "Unsent")
	s.press("2")
	s.has("[2 Raw]")
	s.press("esc", "esc", "[")
	s.has("[Failures] Queue")
}

func TestKeysSayWhyTheyCannotAct(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	for key, want := range map[string]string{
		"x": "x: no check is running",
		"Y": "Y: open a failure first",
	} {
		s.press(key)
		s.has(want)
	}
	s.press("]", "m")
	s.has("m does nothing here")
	s.press("esc")
	s.has("this is the first list; q quits")
}

func TestHelpListsTheKeysOfThePlace(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("?")
	s.has("Keys in the list of Failures", "Filter: words", "more lines")
	s.press("G")
	s.has("neither")
	s.press("esc")
	s.has("REFUSED")
}

func TestCopyGoesToTerminalAndFile(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, setup{w: 80, h: 24, opt: Options{CopyDir: dir}})
	s.goTo("webpost.example")
	s.press("enter", "y")
	b, err := os.ReadFile(filepath.Join(dir, copyName))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "no PTR") || strings.Contains(string(b), "\x1b") {
		t.Errorf("copied %q", b)
	}
	if len(s.said) != 1 || s.said[0] != string(b) {
		t.Errorf("the terminal got %q", s.said)
	}
	s.has("; in", copyName)
	s.press("Y")
	if b, _ = os.ReadFile(filepath.Join(dir, copyName)); !strings.Contains(string(b), "Subject:") || !strings.Contains(string(b), "198.51.100.25") {
		t.Errorf("the note reads %q", b)
	}
}

// The plan may be made before all is known. The step that is open without a key
// is the first of the plan as it is now, unless the admin is reading.
func TestFirstStepFollowsThePlan(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60})
	s.press("enter")
	steps := s.m.plan.Steps
	open := func() (out []string) {
		for key, on := range s.m.state().scroll[2].open {
			if on {
				out = append(out, key)
			}
		}
		return out
	}
	first := func(n int) {
		s.m.plan.Steps = steps[n:]
		s.m.openFirstStep()
	}
	first(1)
	first(0)
	if got := open(); !slices.Equal(got, []string{"step " + steps[0].Key()}) {
		t.Errorf("open: %q", got)
	}
	s.press("3")
	first(1)
	if got := open(); !slices.Equal(got, []string{"step " + steps[0].Key()}) {
		t.Errorf("while it is read another is opened: %q", got)
	}
	s.m.plan.Steps = steps
	s.press("enter", "esc")
	first(1)
	if got := open(); len(got) > 0 {
		t.Errorf("what was closed is open again: %q", got)
	}
	s.m.plan.Steps = steps
	s.press("3", "enter", "esc")
	first(1)
	if got := open(); !slices.Equal(got, []string{"step " + steps[0].Key()}) {
		t.Errorf("another than the chosen step is open: %q", got)
	}
}

// Nothing is said that is not so: no onset mark where there is none, no check
// where none can tell; the help is named at every size.
func TestQuietScreensPromiseNothing(t *testing.T) {
	quiet := "quiet"
	s := newStage(t, setup{w: 60, h: 15, story: &quiet})
	s.has("? explains the keys", "? help")
	s.press("enter")
	s.has("? help")
	s = newStage(t, setup{w: 80, h: 24, story: &quiet})
	s.has("to now, a column is", "? help")
	s.hasNot("is the onset")
	s.press("enter")
	s.has("No check from here can prove", "? help")
	s.hasNot("r checks now")
}

func TestResizeKeepsTheItem(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.goTo("kopp-shipping")
	for _, size := range [][2]int{{120, 40}, {60, 15}, {200, 60}, {100, 30}, {80, 24}} {
		s.m.Update(windowOf(size[0], size[1]))
		if !strings.Contains(s.row(), "kopp-shipp") {
			t.Errorf("at %dx%d the cursor is on %q", size[0], size[1], s.row())
		}
	}
	s.m.Update(windowOf(50, 10))
	if v := s.m.View().Content; !strings.HasPrefix(v, "Window too small (50x10), needs 60x15") {
		t.Errorf("%q", v)
	}
}

func TestRedaction(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 40, opt: Options{Redact: true}})
	s.press("enter")
	s.hasNot("dispatch@", "office@", "billing@")
	s.has("user-")
	s.press("4")
	s.hasNot("dispatch@", "office@", "billing@")
}

func TestReadAgainKeepsThePlace(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.goTo("webpost.example")
	s.press("enter", "j", "j")
	row := s.row()
	s.press("R")
	if s.row() != row {
		t.Errorf("after reading again the cursor is on %q, it was on %q", s.row(), row)
	}
}
