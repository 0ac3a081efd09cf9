package diag

// Phase is the part of a plan that a step belongs to. A plan goes through the
// phases in order, so that the source is stopped before anyone asks for
// delisting.
type Phase string

// The phases, in the order of a plan.
const (
	PhaseContain    Phase = "contain"
	PhaseWorkAround Phase = "work around"
	PhaseCure       Phase = "cure"
	PhaseDelist     Phase = "delist"
	PhaseRetest     Phase = "re-test"
	PhasePrevent    Phase = "prevent"
	PhaseTell       Phase = "tell"
)

// Phases returns the phases in the order of a plan.
func Phases() []Phase {
	return []Phase{PhaseContain, PhaseWorkAround, PhaseCure, PhaseDelist, PhaseRetest, PhasePrevent, PhaseTell}
}

// Step is one thing to do.
type Step struct {
	ID    string
	Phase Phase
	Title string // the thing to do, one sentence
	Why   string // why it helps, one sentence
	// Where is the place in MailEnable's administration program, or whom to ask.
	Where []string
	// Do is the exact text, record or command, values filled in; a value that
	// is not known reads "<your host name>".
	Do []string
	// Effect is how long until it shows, or what it breaks.
	Effect string
	// Check is the check word that proves it, "" where none can.
	Check string
	// Proof says in words what proves it where no check can.
	Proof string
	// Ledger is the fact of the ledger that proves it: LedgerAccepted, or ""
	// where none does.
	Ledger string
	// Articles are the vendor's articles for it.
	Articles []Article
	// Subject is the list, address or domain that the step is about, where the
	// same step is taken once for each of several; "" otherwise.
	Subject string
	// Closes says what the step takes away from people who may use it rightly:
	// relay-local, relay-range, catch-all, redirection, password,
	// mailbox (what one may send), limit (what all may), outgoing (mail in the queue) or direct (mail of other machines); ""
	// where it takes away nothing.
	Closes string
	// Letter is the id of the letter that the step sends, "" where none.
	Letter string
	// Failures is how many failures the step helps to end, and Domains whose,
	// sorted, in key form.
	Failures int
	Domains  []string
}

// LedgerAccepted is the fact that every destination of a step accepts mail
// again.
const LedgerAccepted = "accepted"

// Key tells the steps of a plan apart and stays the same from one plan to the
// next.
func (s Step) Key() string {
	if s.Subject == "" {
		return s.ID
	}
	return s.ID + ":" + s.Subject
}

// Article is a page of the vendor's knowledge base.
type Article struct{ ID, URL string }

// Plan is the ordered steps for a set of causes.
type Plan struct {
	Causes []Cause
	Steps  []Step
	// NotNeeded says of phases without a step why there is nothing to do, in
	// the order of the phases.
	NotNeeded []PhaseNote
}

// PhaseNote is one sentence about a phase of a plan.
type PhaseNote struct {
	Phase Phase
	Text  string
}
