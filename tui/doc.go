// Package tui is the dashboard: one tea.Model over a triage session.
//
// Its rules: nothing slow and no I/O in Update, which alone changes state;
// work runs in commands, whose results carry a number and are dropped when
// something newer was asked for; layout is a pure function; keys are a table.
// A view is a section: levels of lists and a detail with tabs. Adding one takes
// a file of its own and a line in sections.
package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Options are what the dashboard is drawn with.
type Options struct {
	ASCII  bool // no characters beyond ASCII
	Redact bool // replace the local parts of mail addresses
	// Title is shown before the headline, as in "demo".
	Title string
	// Theme is one of ThemeNames; "" follows the terminal.
	Theme string
	// ExportDir is the folder for exports.
	ExportDir string
	// CopyDir is the folder for the file that every copy is also written to.
	CopyDir string
	// Until says when both folders go, such as "until the demo ends"; "" where
	// they stay.
	Until string
	// CrashDir is the folder for what a fault of the program leaves.
	CrashDir string
	// AskBackground is set where the terminal can be asked for its colours.
	AskBackground bool
	// Remote is set over SSH: the clipboard of this machine is not the admin's.
	Remote bool
	// Native writes to the clipboard of this machine; nil where there is none.
	Native func(string) error
	// RootErrors are roots that could not be read.
	RootErrors []error
	// Commands are further commands of the palette, as the demo has to repair
	// its own world.
	Commands []Command
	// Tick makes a command that hands out a message later; nil means tea.Tick.
	Tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
}

// Command is a command of the palette that comes from outside.
type Command struct {
	Name, Help string
	// Run does it, off the screen; the text says what was done.
	Run func(ctx context.Context) (text string, err error)
}

// pollEvery is how often a scan that is under way is looked at.
const pollEvery = 200 * time.Millisecond

// firstPoll is the first look, so that a small installation is there at once.
const firstPoll = 30 * time.Millisecond

// toastFor is how long a message at the bottom stays.
const toastFor = 6 * time.Second

// spinEvery is the spinner's frame time; it runs only while checks do.
const spinEvery = 250 * time.Millisecond
