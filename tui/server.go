package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// serverSection says what logs, settings and queues tell of the server itself:
// findings on the left, what stands behind them in the tabs.
func serverSection() section {
	return section{
		id: "server", title: "Server", place: inServer,
		levels: []level{findingLevel()},
		tabs: []tab{
			{title: "Finding", build: auditFindingTab}, {title: "Senders", build: sendersTab},
			{title: "Runs", build: runsTab}, {title: "Facts", build: factsTab},
		},
		badge: auditBadge,
	}
}

// audits is what the audit says of all installations.
type audits struct {
	version int
	partial bool
	// pictures and nouns are by installation.
	pictures []triage.AuditPicture
	nouns    []diag.Audit
	rows     []serverRow
	networks map[networksKey][]triage.UserNetwork
}

// serverRow is one finding of one installation.
type serverRow struct {
	inst    int
	root    string
	finding diag.Finding
}

// gravity is the order of findings.
var gravity = []diag.Status{diag.StatusFail, diag.StatusWarn, diag.StatusUnknown, diag.StatusPass, diag.StatusSkipped}

// topics are what the findings are about, by code.
var topics = map[string]string{
	"spam-source-user": "Mailbox users", "spam-source-web": "Web scripts", "spam-source-webmail": "Webmail",
	"spam-source-redirect": "Mail passed on", "catch-all-external": "Catch-alls", "redirect-external": "Redirections",
	"relay-local-senders": "Relay: own senders", "relay-anyone": "Relay: strangers", "relay-granted-ip": "Relay: addresses",
	"source-nat": "Client addresses", "backscatter": "Backscatter", "auth-guessing": "Sign-ins",
	"queue-growing": "Queue", "queue-orphans": "Queue halves", "self-banned": "Deny list",
}

func topic(code string) string { return cmp.Or(topics[code], code) }

func findingKey(installation, code string) string { return installation + "\x00" + code }

func findingLevel() level {
	f := func(row any) diag.Finding { return row.(serverRow).finding }
	status := func(_ *Model, r any) role {
		switch f(r).Status {
		case diag.StatusPass:
			return rolePass
		case diag.StatusWarn:
			return roleWarn
		case diag.StatusFail:
			return roleFail
		}
		return roleUnknown
	}
	return level{
		one: "finding", many: "findings",
		columns: []column{
			{title: "STATUS", width: 7, text: func(_ *Model, r any) string { return f(r).Status.Word() }, role: status,
				less: func(a, b any) int {
					return cmp.Compare(slices.Index(gravity, f(a).Status), slices.Index(gravity, f(b).Status))
				}},
			{title: "ABOUT", width: 12, want: 18, text: func(_ *Model, r any) string { return topic(f(r).Code) },
				less: func(a, b any) int { return cmp.Compare(topic(f(a).Code), topic(f(b).Code)) }},
			{title: "WHAT WAS FOUND", width: 20, grow: 3, drop: 1, text: func(m *Model, r any) string { return m.safe(f(r).Summary) },
				full: func(r any) string { return f(r).Summary },
				less: func(a, b any) int { return cmp.Compare(f(a).Summary, f(b).Summary) }},
		},
		load: func(d *data, _ string) []int32 {
			if d.audit == nil {
				return nil
			}
			out := make([]int32, len(d.audit.rows))
			for i := range out {
				out[i] = int32(i)
			}
			return out
		},
		key: func(d *data, n int32) string {
			r := d.audit.rows[n]
			return findingKey(r.root, r.finding.Code)
		},
		row:  func(d *data, n int32) any { return d.audit.rows[n] },
		name: func(r any) string { return topic(f(r).Code) },
		same: func(r any) string { return "status:" + string(f(r).Status) },
		extra: []extraField{
			{"code", func(r any) string { return f(r).Code }},
			{"installation", func(r any) string { return r.(serverRow).root }},
			{"notes", func(r any) string { return strings.Join(f(r).Notes, " ") }},
		},
		empty: func(m *Model) string {
			if m.data != nil && m.data.audit != nil {
				return "No installation was read."
			}
			return "Looking through logs, settings and queues ..."
		},
		field: func(r any, name string) (string, bool) {
			x := f(r)
			switch name {
			case "":
				return strings.Join([]string{string(x.Status), x.Code, topic(x.Code), x.Summary}, " "), true
			case "status", "state":
				return string(x.Status), true
			case "code":
				return x.Code, true
			case "installation", "root":
				return r.(serverRow).root, true
			}
			return "", false
		},
	}
}

// auditMsg is what the audit says of a picture.
type auditMsg struct {
	data  *data
	audit *audits
}

// wantAudit asks the audit for what is on the screen, once for every picture.
func (m *Model) wantAudit() tea.Cmd {
	d := m.data
	if d == nil || m.auditing || m.sec().id == "failures" && (d.partial || m.scanning) {
		return nil
	}
	if a := d.audit; a != nil && a.version == d.view.Version && a.partial == d.partial && !m.lookedAgain {
		return nil
	}
	m.auditing = true
	sess, again := m.sess, m.lookedAgain
	m.lookedAgain = false
	return func() tea.Msg {
		if again {
			sess.LookAgain()
		}
		a := &audits{version: d.view.Version, partial: d.partial, pictures: sess.Audit(d.view), nouns: sess.Audits(d.view)}
		for _, s := range gravity {
			for i, p := range a.nouns {
				for _, f := range p.Findings {
					if f.Status == s {
						a.rows = append(a.rows, serverRow{i, p.Installation, f})
					}
				}
			}
		}
		a.findNetworks()
		return auditMsg{d, a}
	}
}

func (a auditMsg) apply(m *Model) tea.Cmd {
	m.auditing = false
	d := *m.data
	d.audit = a.audit
	m.data = &d
	return m.loadAll(m.section)
}

// selectedAudit returns the finding under the cursor, and what the audit says
// of its installation.
func (m *Model) selectedAudit() (serverRow, triage.AuditPicture, diag.Audit, bool) {
	if m.sec().id != "server" {
		return serverRow{}, triage.AuditPicture{}, diag.Audit{}, false
	}
	l := &m.state().lists[0]
	n, ok := l.current()
	if !ok || l.data.audit == nil {
		return serverRow{}, triage.AuditPicture{}, diag.Audit{}, false
	}
	a := l.data.audit
	r := a.rows[n]
	if r.inst >= len(a.pictures) {
		return r, triage.AuditPicture{}, a.nouns[r.inst], true
	}
	return r, a.pictures[r.inst], a.nouns[r.inst], true
}

// auditBadge sums the findings up.
func auditBadge(m *Model) string {
	if m.data == nil || m.data.audit == nil {
		return m.theme.faint.Render("looking")
	}
	list := make([]diag.Finding, 0, len(m.data.audit.rows))
	for _, r := range m.data.audit.rows {
		list = append(list, r.finding)
	}
	return m.statusCounts(list)
}
