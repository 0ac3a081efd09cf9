package tui

import (
	"strings"
	"testing"
)

// A message that its two lines cut, a long path say, says where it stands whole,
// and stands there whole.
func TestLongMessageIsWholeSomewhere(t *testing.T) {
	path := "/srv/" + strings.Repeat("a-folder-with-a-long-name/", 12) + "export-20261124-093000.csv"
	for _, w := range []int{60, 80, 120} {
		s := newStage(t, setup{w: w, h: 24})
		s.m.say("", "27 rows: "+path)
		s.has(wholeIn)
		s.command("messages")
		if all := strings.NewReplacer("\n", "", " ", "").Replace(s.screen()); !strings.Contains(all, path) {
			t.Errorf("at %d columns the path is not whole:\n%s", w, s.screen())
		}
	}
	s := newStage(t, setup{w: 80, h: 24})
	s.m.say("", "27 rows: /srv/export-20261124-093000.csv")
	s.hasNot(wholeIn)
	s.has("/srv/export-20261124-093000.csv")
}
