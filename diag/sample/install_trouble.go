package sample

import (
	"strings"
	"time"

	"metriage/diag"
)

// trouble is one way in which a destination refuses or defers, during a part
// of the window.
type trouble struct {
	says   string        // id of a refusal
	since  time.Duration // how long ago it began; 0: as long as anything is known
	weight int           // share among all refusals, or all delays, at one time
	// mild troubles hit single messages while others are accepted; the rest are
	// incidents: from their beginning on nothing is accepted.
	mild bool
	// forwarded troubles hit mail that a user's redirection passes on: the
	// sender is foreign.
	forwarded bool
	// passing delays end by themselves within a quarter of an hour, as those of
	// greylists do.
	passing bool
	// only are the own addresses that it hits, by index; nil: all.
	only []int

	at       *destination
	said     *refusal
	from, to time.Time
}

// refusal is one thing that a remote server says instead of yes.
type refusal struct {
	id    string
	stage diag.Stage
	cause diag.Cause
	// lines are the reply with its codes, one element a line. {ip} {helo} {host}
	// {rcpt} {sender} {domain} {sdomain} {ref} are filled in.
	lines []string
	// vague is set where the first line alone would be judged otherwise: it is
	// always left in full.
	vague bool
	// local is set where MailEnable gave up by itself: lines are its own reason,
	// without codes.
	local bool
	// silent is set where no server answered and MailEnable keeps trying.
	silent bool
}

// permanent reports whether the reply is final.
func (r *refusal) permanent() bool { return r.local || r.lines[0][0] == '5' }

// early reports whether it comes before any recipient was named: MailEnable
// reports it under ME-E0193.
func (r *refusal) early() bool {
	switch r.stage {
	case diag.StageConnect, diag.StageHELO, diag.StageMail:
		return !r.local
	}
	return false
}

// guard is how long before an incident, and before the last acceptance that
// every healthy destination is given, no single message is refused. It keeps
// "the last thing that happened" the same for everyone who counts.
const guard = time.Hour

func (s *site) sort(t *trouble) {
	switch {
	case !t.said.permanent():
		s.deferring = append(s.deferring, t)
	case !t.said.local:
		s.refusing = append(s.refusing, t)
		if s.tellsDomain(t) && !t.said.vague && !t.forwarded {
			s.secret = append(s.secret, t)
		}
	default:
		s.refusing = append(s.refusing, t)
	}
}

// tellsDomain reports whether the log alone says which domain refused: a
// recipient was named, or the greeting's host name belongs to one domain.
func (s *site) tellsDomain(t *trouble) bool {
	if t.said.local {
		return false
	}
	if !t.said.early() {
		return true
	}
	if !t.at.own || t.at.weight == 0 {
		return false
	}
	return t.said.stage != diag.StageConnect || strings.Contains(t.said.lines[0], "{host}")
}

// window is how far back the ordinary traffic of a sample goes. The reader's
// window is 30 days; staying a day inside it keeps the counts the same for a
// reader who comes some hours later.
const window = 29 * 24 * time.Hour
