package tui

import (
	"cmp"
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// Model is the dashboard. It is the only tea.Model of the program.
type Model struct {
	ctx   context.Context
	sess  *triage.Session
	opt   Options
	theme theme
	glyph glyphs

	width, height int
	layout        layoutOut

	sections []section
	states   []sectionState
	section  int
	by       diag.GroupBy
	e0193    bool

	data     *data
	readAt   time.Time
	scanning bool
	scanRun  int
	progress triage.Progress
	asked    bool // a picture of the index is being made
	another  bool // and one more is wanted
	version  int

	findings triage.Findings
	runCtx   context.CancelFunc
	notes    []string
	stopped  bool // the last run was stopped
	frame    int  // of the spinner

	plan          *diag.Plan
	rested        string                      // the plan that is worth making
	planning      bool                        // one is being made
	planAsked     string                      // what the plan is, or is being made, for
	steps         map[string]triage.StepState // from the journal
	server        *triage.Assessment          // the plan of the whole server, nil until it is made
	assessRun     int                         // of the last comparison that was begun
	assessedRun   int                         // of the one that server is from
	assessed      int                         // how often it was made
	verifying     bool                        // the run that is under way was asked for to verify
	checkNext     bool                        // checks are asked for as soon as everything is read
	raw           rawFile
	searching     bool // the logs are being searched
	acting        acting
	auditing      bool // the audit is being made
	lookedAgain   bool // the next one reads settings again
	xbl           xblAsked
	following     following
	timeline      timelineMsg
	timelineAsked string
	content       [2]content // detail and second tab
	overlays      []overlay
	overlayTop    int
	prompt        prompt
	log           []logEntry // what was said
	exporting     int
	dark          bool // the terminal's background
	themeName     string
	toast         toast
	quitting      bool
	leaving       bool // quit was asked for once
	hinted        bool // the first hint was seen
}

// New makes the dashboard of a session that has located its installations.
// Commands end with ctx.
func New(ctx context.Context, s *triage.Session, o Options) *Model {
	m := &Model{
		ctx: ctx, sess: s, opt: o, glyph: unicodeGlyphs, by: diag.ByDomain,
		width: 80, height: 24, sections: sections(), dark: true, themeName: cmp.Or(o.Theme, ThemeAuto),
	}
	m.theme = newTheme(m.themeName, m.dark)
	if o.ASCII {
		m.glyph = asciiGlyphs
	}
	if o.Tick == nil {
		m.opt.Tick = tea.Tick
	}
	if kept := s.KeptFindings(); len(kept) > 0 {
		m.findings.Keep(kept)
		m.notes = []string{"As it was when the capsule was made; r asks from this machine."}
	}
	for _, sec := range m.sections {
		st := sectionState{lists: make([]listState, len(sec.levels)), scroll: make([]detailState, len(sec.tabs))}
		for i := range st.scroll {
			st.scroll[i].open = map[string]bool{}
		}
		m.states = append(m.states, st)
	}
	return m
}

// Init starts the reading of the installations.
func (m *Model) Init() tea.Cmd {
	if len(m.opt.RootErrors) > 0 {
		m.say(diag.StatusWarn, m.opt.RootErrors[0].Error())
	}
	sess := m.sess
	return tea.Batch(m.askBackground(), m.startScan(), m.openState(), m.lookForInterrupted(), func() tea.Msg {
		problems, err := sess.Ready()
		return readyMsg{problems, err}
	})
}

// readyMsg says that the session can judge and check, and what is wrong with
// the admin's own rules.
type readyMsg struct {
	problems []error
	err      error
}

func (m *Model) sec() *section        { return &m.sections[m.section] }
func (m *Model) state() *sectionState { return &m.states[m.section] }

// openList is the list that the keys act on.
func (m *Model) openList() *listState { s := m.state(); return &s.lists[s.depth] }

// selectedRow returns the row under the cursor of a level, whichever list has
// the focus.
func (m *Model) selectedRow(level int) (any, bool) {
	if level >= len(m.state().lists) {
		return nil, false
	}
	l := &m.state().lists[level]
	n, ok := l.current()
	if !ok {
		return nil, false
	}
	return m.sec().levels[level].row(l.data, n), true
}

// selectedFailure returns the failure that the detail is about.
func (m *Model) selectedFailure() (diag.Failure, bool) {
	if m.sec().id != "failures" || m.state().depth < 1 {
		return diag.Failure{}, false
	}
	l := &m.state().lists[1]
	n, ok := l.current()
	if !ok {
		return diag.Failure{}, false
	}
	return l.data.view.Failure(int(n)), true
}

func (m *Model) selectedGroup() (diag.Group, bool) {
	if m.sec().id != "failures" {
		return diag.Group{}, false
	}
	r, ok := m.selectedRow(0)
	if !ok {
		return diag.Group{}, false
	}
	return r.(diag.Group), true
}

func (m *Model) selectedMessage() (triage.QueueMessage, bool) {
	if m.sec().id != "queue" || m.state().depth < 1 {
		return triage.QueueMessage{}, false
	}
	r, ok := m.selectedRow(1)
	if !ok {
		return triage.QueueMessage{}, false
	}
	return r.(queueRow).QueueMessage, true
}

func (m *Model) selectedFolder() (triage.QueueFolder, bool) {
	if m.sec().id != "queue" {
		return triage.QueueFolder{}, false
	}
	r, ok := m.selectedRow(0)
	if !ok {
		return triage.QueueFolder{}, false
	}
	return r.(triage.QueueFolder), true
}

// opened is the key of what the detail is about, "" for nothing.
func (m *Model) opened() string {
	s := m.state()
	if s.depth == 0 || len(s.lists[s.depth].items) == 0 {
		return ""
	}
	return s.lists[s.depth].key
}

// selectedPaths are the files of what the detail is about: the NDR, or the
// message of the queue and its command file.
func (m *Model) selectedPaths() []string {
	if f, ok := m.selectedFailure(); ok {
		if f.Path == "" {
			return nil
		}
		return []string{f.Path}
	}
	if l := m.openList(); m.sec().id == "queue" && m.state().depth == 1 && l.data != nil {
		if n, ok := l.current(); ok {
			return l.data.view.QueueFiles(n)
		}
	}
	return nil
}

func (m *Model) tabState() *detailState {
	s := m.state()
	return &s.scroll[s.tab]
}

func (m *Model) itemOpen(key string) bool {
	for i := range m.state().scroll {
		if m.state().scroll[i].open[key] {
			return true
		}
	}
	return false
}
