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
	// Articles are the vendor's articles for it.
	Articles []Article
}

// Article is a page of the vendor's knowledge base.
type Article struct{ ID, URL string }

// Plan is the ordered steps for a set of causes.
type Plan struct {
	Causes []Cause
	Steps  []Step
}
