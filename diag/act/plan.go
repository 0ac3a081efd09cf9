package act

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
)

// services are the Windows services that move queue files: the SMTP connector
// and the MTA.
var services = []string{"MESMTPCS", "MEMTAS"}

// Plan is an action in words, for the question that is asked before it.
type Plan struct {
	Question string // one sentence with count and effect
	// Notes are further sentences: what is left alone, what to stop first.
	Notes []string
	// Commands are what the notes recommend, each for a prompt on the server.
	Commands []string
}

// Describe says what an action would do to n messages, busy of which MailEnable
// is working on. Where the services are known to be stopped, nothing is being
// worked on and nothing need be stopped. It reads nothing and changes nothing.
func Describe(kind Kind, n, busy int, stopped bool) Plan {
	p := Plan{Question: question(kind, n)}
	if kind == KindEmpty || stopped {
		return p
	}
	if busy > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s of them are being sent or delivered right now and are left alone while the service runs.", diag.Thousands(busy)))
	}
	if 2*n > RecommendStop {
		p.Notes = append(p.Notes, "For so many it is better to stop the SMTP connector and the MTA first, and start them again afterwards; meanwhile no mail comes in or goes out.")
		for _, s := range services {
			p.Commands = append(p.Commands, "net stop "+s)
		}
		for _, s := range slices.Backward(services) {
			p.Commands = append(p.Commands, "net start "+s)
		}
	}
	return p
}

// question asks whether to do it, with count and effect.
func question(kind Kind, n int) string {
	many := fmt.Sprintf("%s messages", diag.Thousands(n))
	if n == 1 {
		many = "1 message"
	}
	switch kind {
	case KindHold:
		return fmt.Sprintf("Hold %s? MailEnable does not send them until they are released; they go to %s.", many, filepath.FromSlash(holdFolder))
	case KindRelease:
		return fmt.Sprintf("Release %s? They go back to their queue folders and MailEnable tries to send them at once.", many)
	case KindDelete:
		return fmt.Sprintf("Delete %s? They go to %s and nobody gets a notice; undo brings them back until the trash is emptied.", many, filepath.FromSlash(trashFolder))
	case KindUndo:
		return fmt.Sprintf("Undo it for %s? Each goes back to where it was.", many)
	}
	return fmt.Sprintf("Empty the trash of %s? This cannot be undone.", many)
}

// Words says in one sentence what became of an action.
func (r Result) Words() string {
	verb := map[Kind]string{
		KindHold: "held", KindRelease: "released", KindDelete: "moved to the trash", KindUndo: "put back", KindEmpty: "removed for good",
	}[r.Kind]
	noun := "messages"
	if r.Kind == KindEmpty {
		noun = "files"
	}
	s := fmt.Sprintf("%s of %s %s %s", diag.Thousands(r.Moved), diag.Thousands(max(r.Asked, r.Moved)), noun, verb)
	if len(r.Skipped) > 0 {
		var parts []string
		for _, why := range r.Reasons() {
			parts = append(parts, fmt.Sprintf("%s %s", diag.Thousands(r.Skipped[why]), why))
		}
		s += "; left alone: " + strings.Join(parts, ", ")
	}
	if r.Interrupted {
		s += "; interrupted"
	}
	return s + "."
}
