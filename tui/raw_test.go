package tui

import (
	"strings"
	"testing"
)

// The Raw tab shows the NDR and, once the detail has the focus, the sessions of
// the message from the logs; of a queued message both files.
func TestRawShowsFilesAndSessions(t *testing.T) {
	s := newStage(t, setup{w: 260, h: 200})
	s.goTo("webpost.example")
	s.press("enter", "4")
	s.has("X-MEFilter: 1", "What the logs say of it", "Activity ", "SMTP-OU")
	text := s.m.rawText()
	if !strings.Contains(text, "Delivery Subsystem") || !strings.Contains(text, "554") {
		t.Errorf("copied is\n%s", text)
	}
	s.press("esc", "]", "enter", "2")
	s.has("Recipients=", "Received:", "What the logs say of it")
	if screen := strip(s.m.View().Content); !strings.Contains(screen, "Queues/SMTP/Outgoing/Messages/") {
		t.Errorf("the file is not named:\n%s", screen)
	}
}

// While the cursor goes through the list no log is searched.
func TestRawSearchesOnlyWhatIsOpened(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 60})
	s.goTo("webpost.example")
	s.press("enter", "4", "esc", "j", "j")
	if s.m.raw.asked || !s.m.raw.read {
		t.Errorf("asked %v, read %v", s.m.raw.asked, s.m.raw.read)
	}
	s.press("tab")
	if !s.m.raw.found {
		t.Error("the logs were not searched")
	}
}
