package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// testMsg is a test of remote servers that is ready to be asked about.
type testMsg struct{ test triage.RemoteTest }

// smtpCommands are the checks that talk to mail servers. None begins by itself
// but that of the own server, where the admin has named it.
func (m *Model) smtpCommands() []choice {
	relay := m.cannotCheck()
	if relay == "" && !slices.Contains(m.sess.OpeningWords(), "relay") {
		relay = "start with --target HOST:25, your own mail server"
	}
	return []choice{
		{name: "check relay", help: "Ask your own server whether it relays for strangers", why: relay, do: func(m *Model) tea.Cmd { return m.startChecks([]string{"relay"}, true) }},
		{name: "check outbound", help: "See whether port 25 leads out: connects to three large providers", why: m.cannotCheck(), do: (*Model).askOutbound},
	}
}

// cannotCheck says why no check can be started now.
func (m *Model) cannotCheck() string {
	switch {
	case m.data == nil:
		return "nothing is read yet"
	case m.findings.Busy():
		return "checks are running; x stops them"
	}
	return ""
}

// noRemote says why no remote server can be tested now.
func noRemote(m *Model) string {
	if why := m.cannotCheck(); why != "" {
		return why
	}
	if len(m.domainsHere()) == 0 {
		return "choose a destination or a step first"
	}
	return ""
}

// domainsHere are the destinations that the cursor is about: of the step in the
// Guidance tab, the failure or the group.
func (m *Model) domainsHere() []string {
	if m.state().detail && m.sec().tabs[m.state().tab].title == "Guidance" {
		if s, ok := m.selectedStep(); ok {
			return s.Domains
		}
	}
	if f, ok := m.selectedFailure(); ok {
		return known(f.Domain)
	}
	g, ok := m.selectedGroup()
	if !ok {
		return nil
	}
	if m.data.by == diag.ByDomain {
		return known(g.Key)
	}
	var out []string
	seen := map[string]bool{}
	for i, n := range m.data.view.Members(m.data.by, g.Key) {
		if i == manyMembers {
			break
		}
		if d := m.data.view.Row(n).Domain; !seen[d] {
			seen[d] = true
			out = append(out, known(d)...)
		}
	}
	return out
}

// known is a destination that has a name.
func known(domain string) []string {
	if domain == "" || domain[0] == '(' {
		return nil
	}
	return []string{domain}
}

// testHere asks whether the servers that the cursor is about are to be tested.
func (m *Model) testHere() tea.Cmd {
	if s, ok := m.selectedStep(); ok && m.state().detail && m.sec().tabs[m.state().tab].title == "Guidance" {
		return m.testStep(s)
	}
	return m.prepareTest(m.domainsHere())
}

// testStep is testHere for one step: the check that proves it, where that talks
// to mail servers.
func (m *Model) testStep(s diag.Step) tea.Cmd {
	if why := m.cannotCheck(); why != "" {
		m.sayf("t: %s", why)
		return nil
	}
	switch s.Check {
	case "outbound":
		return m.askOutbound()
	case "relay":
		for _, c := range m.smtpCommands() {
			if c.name == "check relay" && c.why != "" {
				m.sayf("t: %s", c.why)
			} else if c.name == "check relay" {
				return c.do(m)
			}
		}
		return nil
	}
	if len(s.Domains) == 0 {
		m.sayf("t: this step is about no destination")
		return nil
	}
	return m.prepareTest(s.Domains)
}

// prepareTest finds out what would be sent to whom.
func (m *Model) prepareTest(domains []string) tea.Cmd {
	sess, d, known := m.sess, m.data, m.known()
	return func() tea.Msg { return testMsg{sess.RemoteTest(d.view, d.subject, domains, known)} }
}

func (t testMsg) apply(m *Model) tea.Cmd {
	test := t.test
	if len(test.Asks) == 0 {
		m.sayf("The ledger shows that mail is accepted again there: there is nothing to test.")
		return nil
	}
	var names []string
	for _, a := range test.Asks {
		names = append(names, m.safe(diag.DomainDisplay(a.Domain)))
	}
	helo := test.HELO
	if helo == "" {
		helo = "<your host name>"
	}
	c := &confirm{head: "Test their servers", text: []string{
		"Connect to the mail servers of " + strings.Join(names, ", ") + "?",
		"At each: its MX on port 25, a second one only if the first does not answer. Sent: EHLO " + m.safe(helo) + " and QUIT. No mail.",
	}}
	yes := func(toRCPT bool) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.runTest(test, toRCPT) }
	}
	c.answers = []answer{{text: "No, ask nobody"}, {text: "Yes, as far as EHLO", yes: true, do: yes(false)}}
	if test.CanGoOn() {
		for _, a := range test.Asks {
			if a.From != "" && a.Rcpt != "" {
				from := "<" + strings.Trim(a.From, "<>") + ">"
				c.text = append(c.text, fmt.Sprintf("Going on would send %s and %s to %s, as its last refusal had them%s.",
					unit(m.safe("MAIL FROM:"+from)), unit(m.safe("RCPT TO:<"+a.Rcpt+">")), m.safe(diag.DomainDisplay(a.Domain)), map[bool]string{true: "; the others likewise"}[len(test.Asks) > 1]))
				break
			}
		}
		c.answers = append(c.answers, answer{text: "Yes, and on to RCPT TO: shows rules about sender and recipient too", do: yes(true)})
	}
	c.text = append(c.text, "Each server is asked once in ten minutes at most. What it decides after the message does not show.")
	if test.Left > 0 {
		c.text = append(c.text, fmt.Sprintf("%s more: t again asks the next.", diag.Plural(test.Left, "destination waits", "destinations wait")))
	}
	return m.open(c)
}

// runTest carries a test out.
func (m *Model) runTest(test triage.RemoteTest, toRCPT bool) tea.Cmd {
	if m.findings.Busy() {
		m.sayf("Checks are running; x stops them.")
		return nil
	}
	sess, sub := m.sess, m.data.subject
	return m.startRun([]string{"remote"}, true, func(ctx context.Context, emit func(diag.Finding)) diag.Run {
		return sess.TestRemote(ctx, sub, test, toRCPT, emit)
	})
}

// askOutbound asks before port 25 of others is tried.
func (m *Model) askOutbound() tea.Cmd {
	return m.open(&confirm{head: "Test port 25", text: []string{
		"Connect to port 25 of one mail server each of " + strings.Join(triage.OutboundDomains(), ", ") + "?",
		"The banner is read, then the connection ends; nothing is sent but QUIT. Where the log shows a delivery in the last hour, nobody is asked.",
	}, answers: []answer{
		{text: "No, ask nobody"},
		{text: "Yes, connect", yes: true, do: func(m *Model) tea.Cmd {
			if m.findings.Busy() {
				m.sayf("Checks are running; x stops them.")
				return nil
			}
			return m.startChecks([]string{"outbound"}, true)
		}},
	}})
}
