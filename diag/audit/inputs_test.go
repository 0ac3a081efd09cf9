package audit

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestSelfBanned(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	look := func(in Inputs) diag.Finding {
		in.Now = s.when
		return byCode(s.c.Findings(in), SelfBanned)
	}
	denied := func(patterns ...string) *mailenable.Config {
		c := &mailenable.Config{Read: true}
		for _, p := range patterns {
			c.Denied = append(c.Denied, mailenable.Access{Pattern: p, Where: "SMTP-DENY.TAB row 1"})
		}
		return c
	}
	settings := &mailenable.Settings{Found: true, OutboundBinding: addr("198.51.100.40")}
	for _, c := range []struct {
		name string
		in   Inputs
		want diag.Status
		says string
	}{
		{"nobody of ours", Inputs{Config: denied("203.0.113.66", "100.64.9.*")}, diag.StatusPass, "2 entries"},
		{"a user", Inputs{Config: denied("203.0.113.17")}, diag.StatusWarn, "203.0.113.17"},
		{"a user by pattern", Inputs{Config: denied("203.0.113.*")}, diag.StatusWarn, "203.0.113.17"},
		{"the address that remote servers see", Inputs{Config: denied("198.51.100.25")}, diag.StatusFail, "198.51.100.25"},
		{"the binding", Inputs{Config: denied("198.51.100.40"), Settings: settings}, diag.StatusFail, "198.51.100.40"},
		{"an adapter", Inputs{Config: denied("192.0.2.200"), Own: []netip.Addr{addr("192.0.2.200")}}, diag.StatusFail, "192.0.2.200"},
		{"loopback", Inputs{Config: denied("127.0.*")}, diag.StatusFail, "127.0.0.1"},
		{"no deny list", Inputs{}, diag.StatusPass, "could not be read"},
	} {
		if f := look(c.in); f.Status != c.want || !strings.Contains(f.Summary, c.says) {
			t.Errorf("%s: %s, %s", c.name, f.Status, f.Summary)
		}
	}
	s.c.AddDebug(mailenable.DebugLine{Time: s.when, Code: []byte("ME-I0073"), Text: []byte("ME-I0073 IP Address 203.0.113.17 banned.")})
	if f := look(Inputs{}); f.Status != diag.StatusWarn {
		t.Errorf("banned by the Debug log: %s, %s", f.Status, f.Summary)
	}
}

func TestOrphansAndDepth(t *testing.T) {
	c := New(Options{})
	rows := make([]QueueRow, 200)
	for i := range rows {
		rows[i] = QueueRow{ID: fmt.Sprint(i), Outgoing: true, Destination: "x.example", Sender: "anna@ours.example", Since: testNow.Add(-time.Hour)}
	}
	in := Inputs{Now: testNow, Queue: slices.Values(rows), Orphans: 3}
	if f := byCode(c.Findings(in), QueueOrphans); f.Status != diag.StatusWarn || !strings.Contains(f.Summary, "3 orphans") {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	if f := byCode(c.Findings(in), QueueGrowing); f.Status != diag.StatusUnknown {
		t.Errorf("without logs and history: %s, %s", f.Status, f.Summary)
	}
	for i := range 5 {
		in.Depths = append(in.Depths, Depth{testNow.Add(-time.Duration(72+i) * time.Hour), 20})
	}
	if f := byCode(c.Findings(in), QueueGrowing); f.Status != diag.StatusUnknown {
		t.Errorf("against one day: %s, %s", f.Status, f.Summary)
	}
	for i := range in.Depths {
		in.Depths[i].Time = testNow.AddDate(0, 0, -2-i)
	}
	if f := byCode(c.Findings(in), QueueGrowing); f.Status != diag.StatusWarn || !strings.Contains(f.Summary, "usually 20") {
		t.Errorf("against the usual depth: %s, %s", f.Status, f.Summary)
	}
	for i := range in.Depths {
		in.Depths[i].Messages = 150
	}
	if f := byCode(c.Findings(in), QueueGrowing); f.Status != diag.StatusPass {
		t.Errorf("as usual: %s, %s", f.Status, f.Summary)
	}
	in.Queue = slices.Values([]QueueRow{})
	if f := byCode(c.Findings(in), QueueGrowing); f.Status != diag.StatusPass {
		t.Errorf("empty: %s, %s", f.Status, f.Summary)
	}
}

// TestQueueAlone: without logs a user who fills the queue from many networks is
// told from the envelopes.
func TestQueueAlone(t *testing.T) {
	c := New(Options{})
	var rows []QueueRow
	for i := range 100 {
		rows = append(rows, QueueRow{
			ID: fmt.Sprint(i), Outgoing: true, Destination: "x.example", Sender: "info@ours.example", User: "info@ours.example",
			Client: addr(fmt.Sprintf("198.18.%d.9", i%30)), Since: testNow.Add(-time.Duration(i) * time.Minute), Subject: fmt.Sprintf("Parcel %d", i),
		})
	}
	p := c.Look(Inputs{Now: testNow, Queue: slices.Values(rows), Local: []string{"ours.example"}})
	if f := byCode(p.Findings, SpamUser); f.Status != diag.StatusFail || f.Subject != "info@ours.example" || !strings.Contains(f.Summary, "30 networks") {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	if len(p.Runs) != 1 || !InRun(p.Runs, rows[3].Message()) {
		t.Errorf("runs %+v", p.Runs)
	}
}

func TestBackscatterFromTheQueue(t *testing.T) {
	var rows []QueueRow
	for i := range 40 {
		rows = append(rows, QueueRow{ID: fmt.Sprint(i), Outgoing: true, Destination: "x.example", Null: true, Since: testNow})
	}
	in := Inputs{Now: testNow, Queue: slices.Values(rows), Local: []string{"ours.example"}}
	if f := byCode(New(Options{}).Findings(in), Backscatter); f.Status != diag.StatusWarn {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	in.Local = []string{"x.example"} // notices to our own users are none
	if f := byCode(New(Options{}).Findings(in), Backscatter); f.Status != diag.StatusPass {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
}

func TestConfigInDatabase(t *testing.T) {
	in := Inputs{Now: testNow, Config: &mailenable.Config{Read: true}, Settings: &mailenable.Settings{Found: true, Database: true, Provider: "Provider=SQL"}}
	for _, code := range []string{CatchAll, RedirectOut} {
		f := byCode(New(Options{}).Findings(in), code)
		if f.Status != diag.StatusUnknown || !strings.Contains(f.Summary, "database") {
			t.Errorf("%s is %s: %s", code, f.Status, f.Summary)
		}
	}
	in.Config.CatchAlls = []mailenable.CatchAll{{Domain: "ours.example", Address: "all@freemail.example", Where: "ADDRESS-MAP.TAB row 3"}}
	in.Config.Domains = []string{"ours.example"}
	f := byCode(New(Options{}).Findings(in), CatchAll)
	if f.Status != diag.StatusFail || !strings.Contains(strings.Join(f.Notes, " "), "database") {
		t.Errorf("%s: %s %v", f.Status, f.Summary, f.Notes)
	}
}

func TestCatchAllTrace(t *testing.T) {
	in := Inputs{Now: testNow, Local: []string{"ours.example"}, Traces: []QueueTrace{{
		Row:   QueueRow{ID: "A.MAI", Outgoing: true, Sender: "spam@elsewhere.example", Destination: "freemail.example"},
		Trace: mailenable.Trace{CatchAllFor: "made.up@ours.example"},
	}}}
	if f := byCode(New(Options{}).Findings(in), CatchAll); f.Status != diag.StatusWarn {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
}

func TestWideRange(t *testing.T) {
	for pattern, want := range map[string]diag.Status{"0.0.0.0/0": diag.StatusFail, "*.*.*.*": diag.StatusFail, "10.0.0.0/8": diag.StatusUnknown} {
		in := Inputs{Now: testNow, Config: &mailenable.Config{Read: true, Relaying: []mailenable.Access{{Pattern: pattern}}}}
		if f := byCode(New(Options{}).Findings(in), RelayIP); f.Status != want {
			t.Errorf("%s: %s, %s", pattern, f.Status, f.Summary)
		}
	}
}

func TestEstimates(t *testing.T) {
	r := QueueRow{Outgoing: true, Since: testNow.Add(-2 * time.Hour), Changed: testNow.Add(-10 * time.Minute), Retries: 1}
	if e := r.Estimate(testNow, 0); !e.Next.Equal(testNow.Add(5*time.Minute)) || !e.GiveUp.IsZero() {
		t.Errorf("%+v", e)
	}
	r.Retries = 9
	if e := r.Estimate(testNow, 48*time.Hour); !e.Next.Equal(testNow.Add(3*time.Hour+50*time.Minute)) || !e.GiveUp.Equal(testNow.Add(46*time.Hour)) {
		t.Errorf("%+v", e)
	}
	r.Changed = testNow.Add(-9 * time.Hour)
	if e := r.Estimate(testNow, time.Hour); !e.Next.Equal(testNow) || !e.GiveUp.Equal(testNow) {
		t.Errorf("overdue: %+v", e)
	}
	r.Outgoing = false
	if e := r.Estimate(testNow, time.Hour); e != (Estimate{}) {
		t.Errorf("not outgoing: %+v", e)
	}
	// What was tried for two days and then no more gives the lifetime.
	s := newScript("ours.example")
	for i := range 8 {
		first := s.when
		for k := range 13 {
			s.when = first.Add(time.Duration(k) * 4 * time.Hour)
			s.row(true, fmt.Sprintf("D%d.MAI", i), "7", "192.0.2.9", "CONN", "", "220 mx", "", "")
			s.row(true, fmt.Sprintf("D%d.MAI", i), "7", "192.0.2.9", "MAIL", "MAIL FROM:<anna@ours.example>", "250 ok", "", "")
			s.row(true, fmt.Sprintf("D%d.MAI", i), "7", "192.0.2.9", "RCPT", "RCPT TO:<a@x.example>", "450 later", "", "")
		}
		s.when = first.Add(time.Minute)
	}
	s.when = testNow
	s.days(1)
	if d, n := s.c.Lifetime(); n != 8 || d != 52*time.Hour {
		t.Errorf("lifetime %v from %d", d, n)
	}
	if d, _ := New(Options{}).Lifetime(); d != 0 {
		t.Errorf("lifetime of nothing %v", d)
	}
}

func TestAges(t *testing.T) {
	rows := []QueueRow{
		{Outgoing: true, Destination: "a.example", Since: testNow.Add(-time.Minute)},
		{Outgoing: true, Destination: "a.example", Since: testNow.Add(-30 * 24 * time.Hour)},
		{Outgoing: true, Destination: "b.example", Since: testNow.Add(-2 * time.Hour)},
		{Destination: "b.example", Since: testNow}, {Outgoing: true, Destination: "c.example"},
	}
	all, by := Ages(slices.Values(rows), testNow, 1)
	if len(by) != 1 || by[0].Destination != "a.example" || by[0].Messages != 2 || by[0].Ages[0].Messages != 1 || by[0].Ages[6].Messages != 1 {
		t.Errorf("%+v", by)
	}
	n := 0
	for _, a := range all {
		n += a.Messages
	}
	if n != 3 || all[2].Messages != 1 {
		t.Errorf("%+v", all)
	}
}

func TestSubjectPattern(t *testing.T) {
	for subject, want := range map[string]string{
		"Your parcel 180123 waits for payment": "your parcel # waits for payment",
		"RE: Fwd: Invoice 10-4471":             "invoice #-#",
		"Order A7f3k9Q2 shipped":               "order * shipped",
		"=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= 12":       "grüße #",
		"  ":                                   "",
		"Re:":                                  "",
		"\xff\xfe 1":                           "? #",
		"4711":                                 "#",
	} {
		if got := SubjectPattern(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
	if s := SubjectPattern(strings.Repeat("ä", 500)); len(s) > maxPattern || strings.ToValidUTF8(s, "") != s {
		t.Errorf("%q", s)
	}
}

func TestRestarts(t *testing.T) {
	at := func(d, h int) time.Time { return time.Date(2026, 11, d, h, 0, 5, 0, time.UTC) }
	marks := []mailenable.ServiceMark{
		{Time: at(23, 0), Started: true}, {Time: at(24, 0)}, {Time: at(24, 0), Started: true}, {Time: at(24, 9)}, {Time: at(24, 9), Started: true},
	}
	if got := Restarts(marks); len(got) != 1 || !got[0].Equal(at(24, 9)) {
		t.Errorf("%v", got)
	}
}

func TestTraceSample(t *testing.T) {
	var rows []QueueRow
	for i := range 100 {
		rows = append(rows, QueueRow{ID: fmt.Sprint(i), Outgoing: true, User: "info@ours.example", Client: addr("192.0.2.1"), Since: testNow.Add(time.Duration(i) * time.Second)})
	}
	rows = append(rows, QueueRow{ID: "web", Outgoing: true, Client: addr("127.0.0.1"), Sender: "shop@ours.example"}, QueueRow{ID: "in", Client: addr("192.0.2.5")})
	got := TraceSample(slices.Values(rows), 5)
	if len(got) != 2 || got[0].ID != "web" || got[1].ID != "99" {
		t.Errorf("%+v", got)
	}
}

// TestBounded feeds far more of everything than is kept.
func TestBounded(t *testing.T) {
	s := newScript("ours.example")
	for i := range 60_000 {
		ip := fmt.Sprintf("%d.%d.%d.9", 1+i%200, i/200%250, i/50_000)
		user := ""
		if i%2 == 0 {
			user = fmt.Sprintf("u%d@d%d.example", i, i)
		}
		s.comes(ip, user, fmt.Sprintf("s%d@f%d.example", i, i), "250 ok", fmt.Sprintf("r%d@e%d.example", i, i))
		s.fails(ip)
		s.goes(fmt.Sprintf("s%d@f%d.example", i, i), fmt.Sprintf("t%d@g%d.example", i, i), fmt.Sprintf("%x words %c", i*i, 'a'+i%26), "450 later")
		s.when = s.when.Add(10 * time.Second)
	}
	// Sessions that never end.
	for i := range maxSessions + 500 {
		s.row(false, "X.MAI", fmt.Sprint(i), "192.0.2.1", "", "", "220 hello", "", "")
	}
	c := s.c
	for what, n := range map[string][2]int{
		"users": {len(c.users.by), maxTalkers}, "clients": {len(c.clients.by), maxTalkers}, "senders": {len(c.senders.by), maxTalkers},
		"networks": {len(c.networks.by), maxTalkers}, "anonymous": {len(c.anon.by), maxTalkers}, "accounts": {len(c.accounts.by), maxTalkers},
		"grants": {len(c.grants.by), maxGrants}, "patterns": {len(c.patterns.by), maxPatterns}, "failing": {len(c.guesses.networks), maxFailing},
		"deferred": {len(c.deferred), maxDeferred}, "hosts": {len(c.own.uses), maxHosts}, "sessions": {len(c.open), maxSessions},
		"forwards": {len(c.forwards.boxes), maxForwards}, "words": {len(c.forwards.words), maxTalkers}, "local": {len(c.local), maxTalkers + 1},
	} {
		if n[0] > n[1] || n[0] == 0 {
			t.Errorf("%s: %d are kept, at most %d may be", what, n[0], n[1])
		}
	}
	complete(t, s.look().Findings)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 300<<20 {
		t.Errorf("%d MiB are in use", m.HeapAlloc>>20)
	}
	runtime.KeepAlive(c)
}

// FuzzCollector feeds lines of any kind through the real parsers.
func FuzzCollector(f *testing.F) {
	f.Add("09/05/18 00:33:06\tSMTP-IN\tFE12.MAI\t1324\t192.0.2.223\tAUTH\tAUTH LOGIN\t535 no\t0\t0\tu@d.example\t\n09/05/18 00:33:07\tSMTP-IN\tFE12.MAI\t1324\t192.0.2.223\tRCPT\tRCPT TO:<b@x>\t250 ok\t0\t0\t\t")
	f.Add("09/05/18 00:33:06\tSMTP-OU\tFE12.MAI\t1\t192.0.2.3\tMAIL\tMAIL FROM:<a@b> SIZE=99999999999999999999\t550 [1.2.3.4] [::1] [IPv6:zz]\t0\t0\t\t=?x?=")
	f.Add("09/05/18 00:33:06\tSMTP-OU\t\t\t\tEHLO\tEHLO\t250-x [[]] [\t\t\t\t\n[09/05/18 00:00:20]*** LOG FILE STARTED ***\nME-I0073 1.2.3.4")
	f.Fuzz(func(t *testing.T, text string) {
		c := New(Options{Provider: func(string) string { return "x" }})
		rows, debug := mailenable.NewActivityParser(time.UTC, time.Time{}), mailenable.NewDebugParser(time.UTC, time.Time{})
		for line := range strings.SplitSeq(text, "\n") {
			if r, ok := rows.Parse([]byte(line)); ok {
				c.Add(r)
			}
			if d, ok := debug.Parse([]byte(line)); ok {
				c.AddDebug(d)
			}
			if m, ok := mailenable.ParseServiceMark([]byte(line), time.UTC); ok {
				c.AddMark(m)
			}
		}
		in := Inputs{Now: testNow, Queue: slices.Values([]QueueRow{{Outgoing: true, Subject: text, Sender: text, User: text}})}
		p := c.Look(in)
		complete(t, p.Findings)
		p.Situation(Message{Subject: text, Sender: text, SenderKnown: true})
		c.Changes(testNow, in)
		c.Sightings(in)
		c.Matrix()
		c.Hosts()
		c.Talkers(ByUser, 10)
	})
}
