package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// ago returns when something happened in a story that began so long ago.
func ago(d time.Duration) time.Time { return testNow.Add(-d) }

func near(t *testing.T, what string, got, want time.Time, by time.Duration) {
	t.Helper()
	if d := got.Sub(want); d < -by || d > by {
		t.Errorf("%s: %s, want about %s", what, got.UTC(), want)
	}
}

func says(t *testing.T, where, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q does not say %q", where, text, p)
		}
	}
}

func TestPasswordFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "password", Messages: 400})
	p := a.c.Look(a.in)
	says(t, "finding", byCode(p.Findings, SpamUser).Summary, "info@brandt-freight.example", "41 networks", "420 failed sign-ins")
	says(t, "finding", byCode(p.Findings, AuthGuessing).Summary, "info@brandt-freight.example", "420 failed sign-ins", "41 networks")
	says(t, "finding", byCode(p.Findings, QueueGrowing).Summary, "120 messages wait", "from info@brandt-freight.example")
	says(t, "headline", p.Headline, "Queue 120: ", " % from info@brandt-freight.example since ", ", 41 networks")
	if p.HeadlineCode != SpamUser {
		t.Errorf("headline of %q", p.HeadlineCode)
	}
	if len(p.Runs) != 1 || p.Runs[0].User != "info@brandt-freight.example" || !slices.Equal(p.Runs[0].Patterns, []string{"your parcel # waits for payment"}) {
		t.Fatalf("runs %+v", p.Runs)
	}
	near(t, "the run's beginning", p.Runs[0].First, ago(26*time.Hour), 90*time.Minute)
	collateral(t, a, p, func(r QueueRow) bool { return strings.HasPrefix(r.Subject, "Your parcel") })
	nets := a.c.Networks("INFO@brandt-freight.example")
	fails, thieves := 0, 0
	for _, n := range nets {
		fails += n.Failed
		if n.Prefix.Addr().As4()[0] == 198 && n.Prefix.Addr().As4()[1] < 20 {
			thieves++
		}
	}
	if thieves != 41 || fails != 420 {
		t.Errorf("%d networks of the thief, %d failures", thieves, fails)
	}
	m := Message{Subject: "Your parcel 180123 waits for payment", Sender: "info@brandt-freight.example", SenderKnown: true, Time: ago(2 * time.Hour)}
	if s := p.Situation(m); s != "stolen-password" {
		t.Errorf("situation %q", s)
	}
	m.Subject = "Delivery on Thursday"
	if s := p.Situation(m); s != "ours" {
		t.Errorf("situation of the user's own mail %q", s)
	}
	users := a.c.Talkers(ByUser, 3)
	if len(users) != 3 || users[0].Key != "info@brandt-freight.example" || users[0].Networks < 41 || users[0].Day < 300 || users[0].Usual > 10 {
		t.Errorf("users %+v", users)
	}
	changes := a.c.Changes(ago(22*time.Hour), a.in)
	kinds := map[string]int{}
	for _, o := range changes {
		kinds[o.Kind]++
	}
	if kinds[ChangedNetworks] != 1 || kinds[ChangedGuessing] != 1 || kinds[ChangedVolume] != 1 || len(changes) != 3 {
		t.Errorf("changes %+v", changes)
	}
}

// collateral checks that the runs take exactly those queued messages that is
// says, and that the others are the innocent.
func collateral(t *testing.T, a *audited, p *Picture, is func(QueueRow) bool) {
	t.Helper()
	innocent := 0
	for _, r := range a.rows {
		if !r.Outgoing {
			continue
		}
		if got := InRun(p.Runs, r.Message()); got != is(r) {
			t.Errorf("%q of %s (user %q): in a run %v", r.Subject, r.Sender, r.User, got)
		}
		if !is(r) && !r.Null {
			innocent++
		}
	}
	waiting := 0
	for _, x := range p.Innocent(nil, a.in.Queue, 0) {
		waiting += x.Waiting
	}
	if waiting != innocent || innocent == 0 {
		t.Errorf("%d innocent messages wait, want %d", waiting, innocent)
	}
}

func TestLocalRelayFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "local-relay", Messages: 400})
	p := a.c.Look(a.in)
	says(t, "finding", byCode(p.Findings, RelayLocal).Summary, "names a sender hosted here", "12 networks")
	says(t, "headline", p.Headline, "Relay for local senders: ", "12 networks")
	if len(p.Runs) != 1 || p.Runs[0].User != "" || !slices.Equal(p.Runs[0].Patterns, []string{"your parcel # waits for payment"}) {
		t.Fatalf("runs %+v", p.Runs)
	}
	near(t, "the run's beginning", p.Runs[0].First, ago(36*time.Hour), 2*time.Hour)
	collateral(t, a, p, func(r QueueRow) bool { return strings.HasPrefix(r.Subject, "Your parcel") })
	debug := false
	for _, e := range byCode(p.Findings, RelayLocal).Evidence {
		debug = debug || e.Query == fromDebug && strings.Contains(e.Answer, "ME-I0106")
	}
	if !debug {
		t.Error("the Debug log does not confirm it")
	}
}

func TestForwardingFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "forwarding", Messages: 400})
	p := a.c.Look(a.in)
	says(t, "finding", byCode(p.Findings, SpamRedirect).Summary, "olm-clinic.example/desk", "seawind-travel.example/booking")
	says(t, "finding", byCode(p.Findings, CatchAll).Summary, "olm-clinic.example")
	says(t, "finding", byCode(p.Findings, RedirectOut).Summary, "2 mailboxes")
	var answers []string
	for _, e := range byCode(p.Findings, RedirectOut).Evidence {
		answers = append(answers, e.Answer)
	}
	says(t, "evidence", strings.Join(answers, "\n"), "office@studio-lumen.example", "j.ortiz@northgate-legal.example", "redirected, a copy stays")
	says(t, "headline", p.Headline, "Redirections pass on")
	foreign := Message{Subject: "You have won", Sender: "offers@bargain-barn.test", SenderKnown: true, Time: ago(time.Hour)}
	if s := p.Situation(foreign); s != "forwarded" {
		t.Errorf("situation %q", s)
	}
	if !InRun(p.Runs, foreign) {
		t.Error("redirected mail is in no run")
	}
	ours := Message{Subject: "You have won", Sender: "anna@harbourline.example", SenderKnown: true, Time: ago(time.Hour)}
	if s := p.Situation(ours); s != "ours" || InRun(p.Runs, ours) {
		t.Errorf("situation of our own mail %q", s)
	}
	// Without the settings files the log alone tells of the redirections.
	in := a.in
	in.Config = nil
	q := a.c.Look(in)
	if f := byCode(q.Findings, RedirectOut); f.Status != diag.StatusWarn || !strings.Contains(f.Summary, "booking@seawind-travel.example") {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	if f := byCode(q.Findings, CatchAll); f.Status != diag.StatusUnknown {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	if f := byCode(q.Findings, SpamRedirect); f.Status != diag.StatusFail {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
}

func TestNewServerFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "new-server", Messages: 400})
	p := a.c.Look(a.in)
	if p.Headline != "" || len(p.Runs) != 0 {
		t.Errorf("headline %q, runs %+v", p.Headline, p.Runs)
	}
	var texts, kinds []string
	for _, o := range a.c.Changes(ago(20*time.Hour-20*time.Minute), a.in) {
		texts, kinds = append(texts, o.Text), append(kinds, o.Kind)
	}
	all := strings.Join(texts, "\n")
	says(t, "changes", all, "introduce itself as win-7kq2r8v1, after mail.harbourline.example", "leave from 198.51.100.177, after 198.51.100.25", "service was restarted", "Settings files were changed")
	for _, k := range []string{ChangedHELO, ChangedAddress, ChangedRestart, ChangedSettings} {
		if !slices.Contains(kinds, k) {
			t.Errorf("no change of %s in\n%s", k, all)
		}
	}
	if a.c.Changes(time.Time{}, a.in) != nil {
		t.Error("changes before no onset")
	}
	if s := p.Situation(Message{Sender: "anna@harbourline.example", SenderKnown: true}); s != "young-address" {
		t.Errorf("situation %q", s)
	}
	before, after := 0, 0
	for _, s := range a.c.Sightings(a.in) {
		switch {
		case s.Addr.String() == "198.51.100.25" && s.From == SeenEHLOReply:
			before++
			if s.Last.After(ago(20 * time.Hour)) {
				t.Errorf("%s was seen at %s", s.Addr, s.Last)
			}
		case s.Addr.String() == "198.51.100.177" && s.From == SeenEHLOReply:
			after++
			if s.First.Before(ago(20 * time.Hour)) {
				t.Errorf("%s was seen at %s", s.Addr, s.First)
			}
		}
	}
	if before == 0 || after == 0 {
		t.Errorf("sightings %+v", a.c.Sightings(a.in))
	}
}

func TestNATPoolFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "nat-pool", Messages: 900})
	p := a.c.Look(a.in)
	f := byCode(p.Findings, SourceNAT)
	says(t, "finding", f.Summary, "10.0.0.1")
	if f.Subject != "10.0.0.1" {
		t.Errorf("subject %q", f.Subject)
	}
	if s := p.Situation(Message{Sender: "anna@harbourline.example", SenderKnown: true}); s != "nat-pool" {
		t.Errorf("situation %q", s)
	}
	// Google refuses the addresses without PTR and takes mail from the first.
	good, bad := 0, 0
	for _, d := range a.c.Matrix() {
		if d.Provider != "gmail" {
			continue
		}
		switch d.Addr.String() {
		case "198.51.100.25":
			good += d.Accepted
		case "198.51.100.26", "198.51.100.27":
			bad += d.Refused
		}
	}
	if good == 0 || bad == 0 {
		t.Errorf("matrix %+v", a.c.Matrix())
	}
}

func TestSmartHostFacts(t *testing.T) {
	a := write(t, sample.Options{Story: "smart-host", Messages: 400})
	hosts, domains := map[string]bool{}, map[string]bool{}
	for _, h := range a.c.Hosts() {
		hosts[h.Host], domains[h.Domain] = true, true
	}
	if len(hosts) != 1 || len(domains) < 3 {
		t.Errorf("hosts %v, domains %v", hosts, domains)
	}
}

func TestQuietFacts(t *testing.T) {
	for _, story := range []string{"quiet", "receiver-fault"} {
		a := write(t, sample.Options{Story: story, Messages: 400})
		p := a.c.Look(a.in)
		if p.Headline != "" || len(p.Runs) > 0 {
			t.Errorf("%s: headline %q, runs %+v", story, p.Headline, p.Runs)
		}
		if !slices.Equal(p.Local, []string{"brandt-freight.example", "harbourline.example", "olm-clinic.example", "seawind-travel.example"}) {
			t.Errorf("%s: local domains %v", story, p.Local)
		}
		if c := a.c.Changes(ago(10*time.Hour), a.in); len(c) > 0 {
			t.Errorf("%s: changes %+v", story, c)
		}
	}
}
