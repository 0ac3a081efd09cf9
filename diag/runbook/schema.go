package runbook

import "metriage/diag"

// Book holds the runbooks. It is not changed after Load and may be used by
// several goroutines.
type Book struct {
	steps    map[string]*stepData
	books    []*bookData // in the order of the files, own ones after the built-in ones
	sublists []sublistData
	letters  []*letterData
	meanings map[diag.Cause]meaningData
	variants map[string]map[diag.Cause]bool // lists and providers that a runbook is written for
}

// stepData is a [[step]] as written.
type stepData struct {
	ID     string   `toml:"id"`
	Phase  string   `toml:"phase"`
	Title  string   `toml:"title"`
	Why    string   `toml:"why"`
	Where  []string `toml:"where"`
	Do     []string `toml:"do"`
	Effect string   `toml:"effect"`
	Check  string   `toml:"check"`
	Proof  string   `toml:"proof"`
	// Ledger is the fact of the ledger that proves it, see diag.Step.Ledger.
	Ledger   string   `toml:"ledger"`
	Articles []string `toml:"articles"`
	// Seeks is set where the step looks for the source, or stops one that may not
	// be there: in a plan it comes after the steps that stop a known source.
	Seeks bool `toml:"seeks"`
	// Closes: see diag.Step.Closes.
	Closes string `toml:"closes"`
	// Changes is whose records the step changes: "address" or "domain". Such a
	// step is left out where address or domain is not ours.
	Changes string `toml:"changes"`
	// Per is set where the step is taken once for each "ip", "list" or
	// "domain".
	Per    string `toml:"per"`
	Letter string `toml:"letter"`
}

// bookData is a [[runbook]] as written. Every condition that is set must hold;
// inside one condition any of its values will do.
type bookData struct {
	ID          string   `toml:"id"`
	Causes      []string `toml:"causes"`
	Named       []string `toml:"named"`     // list or provider that the reply names, or list that a check found
	Providers   []string `toml:"providers"` // who refuses, whatever list is named
	Situations  []string `toml:"situations"`
	Identities  []string `toml:"identities"`
	Findings    []string `toml:"findings"`
	NotFindings []string `toml:"not_findings"`
	Words       []string `toml:"words"`      // of the reply, lower case
	Enhanced    []string `toml:"enhanced"`   // enhanced status codes of the reply
	Link        bool     `toml:"link"`       // the reply holds a link of a list or provider
	LinkOther   bool     `toml:"link_other"` // it holds links, none of them to one that is known

	Steps []string `toml:"steps"`
	// Without are steps of other runbooks that do not fit here.
	Without []string `toml:"without"`
	// NotNeeded says why a phase is empty, by phase.
	NotNeeded map[string]string `toml:"not_needed"`
}

// sublistData names the part of a combined list by its answer.
type sublistData struct {
	List  string   `toml:"list"`
	Codes []string `toml:"codes"`
	ID    string   `toml:"id"`
}

// letterData is a [[letter]] as written. A line of the body that is {rows},
// {evidence} or {reply} alone becomes that block.
type letterData struct {
	ID      string `toml:"id"`
	Title   string `toml:"title"`
	To      string `toml:"to"`
	Subject string `toml:"subject"`
	Body    string `toml:"body"`
	Row     string `toml:"row"`
	Leaves  bool   `toml:"leaves"` // it goes to people outside: redacted unless said otherwise
}

// meaningData says a cause in plain words to somebody who just wrote a mail.
type meaningData struct {
	Cause string `toml:"cause"`
	Plain string `toml:"plain"` // what happened
	Next  string `toml:"next"`  // what the sender does
}

// pageData is one file of runbooks.
type pageData struct {
	Steps    []stepData    `toml:"step"`
	Books    []bookData    `toml:"runbook"`
	Sublists []sublistData `toml:"sublist"`
	Letters  []letterData  `toml:"letter"`
	Meanings []meaningData `toml:"meaning"`
}
