package tui

import (
	"context"
	"fmt"
	"net/netip"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// networksKey names a user of an installation.
type networksKey struct {
	inst int
	user string
}

// findNetworks keeps the client networks of the users that findings are about.
func (a *audits) findNetworks() {
	a.networks = map[networksKey][]triage.UserNetwork{}
	for _, r := range a.rows {
		k := networksKey{r.inst, r.finding.Subject}
		if _, ok := a.networks[k]; ok || k.user == "" || k.inst >= len(a.pictures) {
			continue
		}
		if nets := a.pictures[k.inst].Networks(k.user); len(nets) > 0 {
			a.networks[k] = nets
		}
	}
}

// xblAsked is what the XBL says of the networks of users, as far as it was
// asked.
type xblAsked struct {
	run     int // of the questions that are under way or next
	stop    context.CancelFunc
	user    networksKey // that they are about
	answers map[netip.Addr]diag.Finding
}

// xblDone ends the questions of a run.
type xblDone struct {
	run    int
	result diag.Run
}

// userNetworks are the networks of the user that the selected finding is about.
func (m *Model) userNetworks() (networksKey, []triage.UserNetwork) {
	r, _, _, ok := m.selectedAudit()
	if !ok {
		return networksKey{}, nil
	}
	k := networksKey{r.inst, r.finding.Subject}
	return k, m.state().lists[0].data.audit.networks[k]
}

func noNetworks(m *Model) string {
	if _, nets := m.userNetworks(); len(nets) == 0 {
		return "this finding names no user who signed in"
	}
	return ""
}

// askXBL asks the XBL about the newest networks of a user.
func (m *Model) askXBL() tea.Cmd {
	k, nets := m.userNetworks()
	x := &m.xbl
	if x.stop != nil {
		x.stop()
	}
	x.run++
	ctx, cancel := context.WithCancel(m.ctx)
	x.stop, x.user = cancel, k
	var clients []netip.Addr
	for _, n := range nets[:min(len(nets), triage.MaxNetworks)] {
		clients = append(clients, n.Address)
	}
	run, sess := x.run, m.sess
	m.sayf("Asking the XBL about %s ...", diag.Plural(len(clients), "address", "addresses"))
	return func() tea.Msg {
		defer cancel()
		return xblDone{run, sess.AskXBL(ctx, clients)}
	}
}

func (d xblDone) apply(m *Model) tea.Cmd {
	x := &m.xbl
	if d.run != x.run || x.stop == nil {
		return nil
	}
	x.stop = nil
	if x.answers == nil {
		x.answers = map[netip.Addr]diag.Finding{}
	}
	listed, known := 0, 0
	for _, f := range d.result.Findings {
		a, err := netip.ParseAddr(f.Subject)
		if err != nil {
			continue
		}
		x.answers[a] = f
		on, sure := triage.XBLSays(f)
		if on {
			listed++
		}
		if sure {
			known++
		}
	}
	if len(d.result.Findings) == 0 {
		m.say(diag.StatusWarn, "The XBL was not asked: none of the addresses is public, or the list is not among those in use.")
		return nil
	}
	m.sayf("XBL: %d of %s listed, %d not known.", listed, diag.Plural(len(d.result.Findings), "address", "addresses"), len(d.result.Findings)-known)
	return nil
}

// stopXBL gives the questions up.
func (m *Model) stopXBL() {
	m.xbl.stop()
	m.xbl.stop = nil
	m.xbl.run++
	m.sayf("The XBL is not asked any further.")
}

// networkLines lists the networks of the user of a finding with what the XBL
// says of each.
func (m *Model) networkLines(k networksKey, nets []triage.UserNetwork, w int) []string {
	hint := "t asks the XBL, the list of machines that others have taken over, about them."
	if m.xbl.stop != nil && m.xbl.user == k {
		hint = "The XBL is being asked; x stops that."
	}
	out := wrapTo(m.theme.faint.Render(hint), w)
	out = append(out, m.theme.faint.Render(fit(fit("XBL", xblWidth, "")+" "+fit("NETWORK", 18, "")+fitRight("MAIL", 5, "")+fitRight("FAILED", 7, "")+"  SINCE", w, m.glyph.more)))
	for i, n := range nets {
		if i == triage.MaxNetworks {
			out = append(out, m.theme.faint.Render(fmt.Sprintf("and %d more", len(nets)-i)))
			break
		}
		out = append(out, fit(m.xblWord(n.Address)+" "+fit(n.Prefix.String(), 18, m.glyph.more)+fitRight(count(n.Messages), 5, "")+
			fitRight(count(n.Failed), 7, "")+"  "+m.clock(n.First), w, m.glyph.more))
	}
	return append(out, m.theme.faint.Render(fit("FAILED: sign-ins that failed there before the first that worked.", w, m.glyph.more)))
}

// xblWidth is the room for what the XBL says of an address.
const xblWidth = 9

// xblWord says in a word what the XBL says of an address.
func (m *Model) xblWord(a netip.Addr) string {
	f, asked := m.xbl.answers[a]
	if !asked {
		return m.theme.faint.Render(fit("not asked", xblWidth, ""))
	}
	switch listed, known := triage.XBLSays(f); {
	case listed:
		return m.theme.fail.Render(fit("on XBL", xblWidth, ""))
	case known:
		return m.theme.pass.Render(fit("clear", xblWidth, ""))
	}
	return m.theme.unknown.Render(fit("unknown", xblWidth, ""))
}
