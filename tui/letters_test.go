package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The answers to all local senders are written at once, from the plan as from
// the detail; spam runs and strangers get none.
func TestAnswersToAllLocalSenders(t *testing.T) {
	story := ""
	dir := t.TempDir()
	s := newStage(t, setup{w: 100, h: 40, story: &story, opt: Options{ExportDir: dir, CopyDir: dir}})
	s.press("P", "G")
	for range s.m.planSteps() {
		if strings.Contains(s.planRow(), "Tell the senders") {
			break
		}
		s.press("k")
	}
	s.press("L")
	s.has(" answers: ", "answers to local senders", "To: ", "these mails of yours were returned")
	files, _ := filepath.Glob(filepath.Join(dir, "export-*.txt"))
	if len(files) != 1 {
		t.Fatalf("files: %v", files)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	n := strings.Count(text, "\nSubject: Your mail that was returned\n")
	if n < 5 || n != strings.Count(text, "We cannot send them again for you: a bounce keeps") {
		t.Errorf("%d answers:\n%s", n, text)
	}
	for _, l := range strings.Split(text, "\n") {
		if to, ok := strings.CutPrefix(l, "To: "); ok && !strings.HasSuffix(to, "harbourline.example") && !strings.HasSuffix(to, "freight.example") && !strings.HasSuffix(to, "seawind-travel.example") && !strings.HasSuffix(to, "-clinic.example") {
			t.Errorf("a letter to a stranger: %s", to)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, "<recipient>") {
		t.Errorf("%q", text)
	}
	// Also from the menu of the detail.
	s.press("esc", "esc", "L")
	s.typed("answers")
	s.press("enter")
	s.has(" answers: ")
	s.press("esc")
	s.press("L")
	s.has("not now: open a failure first")
}

// A step that sends a letter writes it, from the plan and from the detail.
func TestStepsWriteTheirLetters(t *testing.T) {
	story := ""
	s := newStage(t, setup{w: 100, h: 40, story: &story})
	s.press("P", "v", "g")
	for range s.m.planSteps() {
		if strings.Contains(s.planRow(), "for a PTR record") {
			break
		}
		s.press("j")
	}
	s.press("L")
	s.has("Request for a PTR record (copied)", "25.100.51.198.in-addr.arpa", "answer now:     NXDOMAIN")
	s.press("esc", "g", "L")
	s.has("this step sends no letter")
}
