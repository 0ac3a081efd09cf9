package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// can are the statuses that each code can have. What is no fault by itself
// never fails: a redirection, a queue, its orphans, notices.
var can = map[string][]diag.Status{
	SpamUser:     {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	SpamWeb:      {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	SpamWebmail:  {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	SpamRedirect: {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	CatchAll:     {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	RedirectOut:  {diag.StatusPass, diag.StatusWarn, diag.StatusUnknown},
	RelayLocal:   {diag.StatusPass, diag.StatusFail, diag.StatusUnknown},
	RelayAnyone:  {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	RelayIP:      {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	SourceNAT:    {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	Backscatter:  {diag.StatusPass, diag.StatusWarn, diag.StatusUnknown},
	AuthGuessing: {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
	QueueGrowing: {diag.StatusPass, diag.StatusWarn, diag.StatusUnknown},
	QueueOrphans: {diag.StatusPass, diag.StatusWarn, diag.StatusUnknown},
	SelfBanned:   {diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown},
}

// waiting are n messages of the outgoing queue.
func waiting(n int, r QueueRow) func(func(QueueRow) bool) {
	r.Outgoing = true
	rows := make([]QueueRow, n)
	for i := range rows {
		rows[i] = r
		rows[i].ID = fmt.Sprint(i)
	}
	return slices.Values(rows)
}

// Every code is seen with every status that it can have, on a server of five
// messages a day, with the reason in its words.
func TestEveryStatusOfEveryCode(t *testing.T) {
	quiet := func() *script {
		s := newScript("ours.example")
		s.days(12)
		return s
	}
	// many sends as a user to n recipients, one a minute.
	many := func(user string, n int, client func(i int) string) *script {
		s := quiet()
		for i := range n {
			s.comes(client(i), user, "anna@ours.example", "250 ok", fmt.Sprintf("v%d@x.example", i))
			s.when = s.when.Add(time.Minute)
		}
		return s
	}
	fixed := func(ip string) func(int) string { return func(int) string { return ip } }
	spread := func(i int) string { return fmt.Sprintf("198.18.%d.9", i%20) }
	redirected := func(refused, accepted int) *script {
		s := quiet()
		for i := range refused + accepted {
			from, reply := fmt.Sprintf("s%d@elsewhere.example", i), "550 5.7.1 spam"
			if i >= refused {
				reply = "250 ok"
			}
			s.comes("192.0.2.99", "", from, "250 ok", "box@ours.example")
			s.when = s.when.Add(3 * time.Second)
			s.goes(from, "box@freemail.example", "Win", reply)
			s.when = s.when.Add(5 * time.Minute)
		}
		return s
	}
	granted := func(n, networks int, from string, to ...string) *script {
		s := quiet()
		for i := range n {
			s.comes(fmt.Sprintf("198.18.%d.9", i%networks), "", from, "250 ok", to[i%len(to)])
			s.when = s.when.Add(time.Minute)
		}
		return s
	}
	nat := func(n int) *script {
		s := newScript("ours.example")
		for range n {
			s.comes("192.168.1.1", "", "c@y.example", "250 ok", "anna@ours.example")
			s.when = s.when.Add(time.Hour)
		}
		return s
	}
	guessed := func(n int) *script {
		s := quiet()
		for i := range n {
			s.fails(fmt.Sprintf("198.18.%d.7", i%9))
		}
		return s
	}
	own := &mailenable.Config{Read: true, Domains: []string{"ours.example"}}
	config := func(c mailenable.Config) Inputs {
		c.Read, c.Domains = true, own.Domains
		return Inputs{Config: &c}
	}
	relaying := func(pattern string) Inputs {
		return config(mailenable.Config{Relaying: []mailenable.Access{{Pattern: pattern}}})
	}
	denied := func(pattern string) Inputs {
		return config(mailenable.Config{Denied: []mailenable.Access{{Pattern: pattern, Where: "SMTP-DENY.TAB row 1"}}})
	}
	caught := QueueTrace{Row: QueueRow{ID: "A.MAI", Outgoing: true, Sender: "x@elsewhere.example"}, Trace: mailenable.Trace{CatchAllFor: "no@ours.example"}}
	none := func() *script { return &script{c: New(Options{Local: own.Domains}), when: testNow} }
	aDay := []Depth{{testNow.Add(-120 * time.Hour), 4}, {testNow.Add(-90 * time.Hour), 5}, {testNow.Add(-80 * time.Hour), 6}, {testNow.Add(-70 * time.Hour), 5}, {testNow.Add(-60 * time.Hour), 5}}
	empty := slices.Clone(aDay)
	for i := range empty {
		empty[i].Messages = 0
	}
	const pass, warn, fail, unknown = diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown
	reached := map[string]map[diag.Status]bool{}
	for _, c := range []struct {
		code string
		want diag.Status
		s    *script
		in   Inputs
		says string
	}{
		{SpamUser, pass, quiet(), Inputs{}, "None of 1 user stands out"},
		{SpamUser, warn, many("anna@ours.example", 60, fixed("198.18.3.4")), Inputs{}, "nearly all from 1 network never seen before"},
		{SpamUser, fail, many("anna@ours.example", 60, spread), Inputs{}, "20 networks"},
		{SpamUser, pass, many("anna@ours.example", 60, fixed("203.0.113.17")), Inputs{}, "None of"}, // a mailing from the usual place
		{SpamUser, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{SpamWeb, pass, quiet(), Inputs{}, "Nothing for outside"},
		{SpamWeb, warn, quiet(), Inputs{Queue: waiting(60, QueueRow{Sender: "shop@ours.example", Client: netip.MustParseAddr("127.0.0.1")})}, "100 % of the outgoing queue"},
		{SpamWeb, fail, many("", 60, fixed("127.0.0.1")), Inputs{}, "a script on it sends"},
		{SpamWeb, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{SpamWebmail, pass, quiet(), Inputs{}, "No user handed mail in from this machine"},
		{SpamWebmail, warn, many("anna@ours.example", 300, fixed("127.0.0.1")), Inputs{}, "stands out"},
		{SpamWebmail, fail, func() *script {
			s := quiet()
			for i := range 60 {
				var to []string
				for k := range 3 {
					to = append(to, fmt.Sprintf("v%d@x%d.example", i, k))
				}
				s.comes("127.0.0.1", "anna@ours.example", "anna@ours.example", "250 ok", to...)
				for _, a := range to {
					s.n++
					id := fmt.Sprintf("OU%06d.MAI", s.n)
					s.row(true, id, "9", "192.0.2.9", "CONN", "", "220 mx", "", "Win")
					s.row(true, id, "9", "192.0.2.9", "MAIL", "MAIL FROM:<anna@ours.example>", "250 ok", "", "Win")
					s.row(true, id, "9", "192.0.2.9", "RCPT", "RCPT TO:<"+a+">", "550 5.1.1 no such user", "", "Win")
					s.row(true, id, "9", "192.0.2.9", "QUIT", "QUIT", "221 bye", "", "Win")
				}
				s.when = s.when.Add(time.Minute)
			}
			return s
		}(), Inputs{}, "wrong addresses"},
		{SpamWebmail, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{SpamRedirect, pass, redirected(1, 20), Inputs{}, "few of them refused (1)"},
		{SpamRedirect, warn, redirected(4, 5), Inputs{}, "4 of 9 recipients from box@ours.example"},
		{SpamRedirect, fail, redirected(15, 5), Inputs{}, "15 of 20"},
		{SpamRedirect, unknown, none(), Inputs{}, "both directions"},
		{CatchAll, pass, quiet(), config(mailenable.Config{}), "No domain has a catch-all"},
		{CatchAll, pass, quiet(), config(mailenable.Config{CatchAlls: []mailenable.CatchAll{{Domain: "ours.example", Mailbox: "acme/anna"}}}), "None of 1 catch-all leads outside"},
		{CatchAll, warn, quiet(), Inputs{Traces: []QueueTrace{caught}}, "came in by a catch-all"},
		{CatchAll, fail, quiet(), config(mailenable.Config{CatchAlls: []mailenable.CatchAll{{Domain: "ours.example", Address: "all@freemail.example"}}}), "The catch-all of ours.example leads outside"},
		{CatchAll, unknown, quiet(), Inputs{}, "TAB files could not be read"},
		{RedirectOut, pass, quiet(), config(mailenable.Config{}), "No mailbox is redirected"},
		{RedirectOut, pass, quiet(), config(mailenable.Config{Redirects: []mailenable.Redirect{{Mailbox: "acme/anna", To: []string{"a@freemail.example"}}}}), "No mailbox is redirected"}, // switched off
		{RedirectOut, warn, quiet(), config(mailenable.Config{Redirects: []mailenable.Redirect{{Mailbox: "acme/anna", Status: 2, To: []string{"a@freemail.example"}}}}), "1 mailbox is passed on"},
		{RedirectOut, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{RelayLocal, pass, quiet(), Inputs{}, "No session without sign-in"},
		{RelayLocal, fail, granted(12, 6, "boss@ours.example", "x@partner.example"), Inputs{}, "whoever names a sender hosted here"},
		{RelayLocal, unknown, granted(12, 1, "boss@ours.example", "x@partner.example"), Inputs{}, "may be a privileged range"},
		{RelayAnyone, pass, quiet(), Inputs{}, "No stranger"},
		{RelayAnyone, warn, granted(12, 6, "c@y.example", "x@partner.example"), Inputs{}, "partner.example"},
		{RelayAnyone, fail, granted(12, 6, "c@y.example", "x@a.example", "x@b.example", "x@c.example"), Inputs{}, "3 domains"},
		{RelayAnyone, unknown, granted(12, 1, "c@y.example", "x@a.example", "x@b.example"), Inputs{}, "metriage check relay tells"},
		{RelayIP, pass, quiet(), Inputs{}, "No address is seen to relay"},
		{RelayIP, warn, granted(12, 1, "c@y.example", "x@a.example"), Inputs{}, "198.18.0.9"},
		{RelayIP, fail, quiet(), relaying("0.0.0.0/0"), "covers the whole internet"},
		{RelayIP, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{SourceNAT, pass, quiet(), Inputs{}, "own addresses arrive"},
		{SourceNAT, warn, nat(60), Inputs{}, "192.168.1.1"},
		{SourceNAT, fail, nat(60), relaying("192.168.*.*"), "everybody may"},
		{SourceNAT, unknown, nat(6), Inputs{}, "only 6 sessions"},
		{Backscatter, pass, quiet(), Inputs{Queue: waiting(3, QueueRow{Null: true, Destination: "x.example"})}, "3 in the queue"},
		{Backscatter, warn, quiet(), Inputs{Queue: waiting(40, QueueRow{Null: true, Destination: "x.example"})}, "40 on the way out"},
		{Backscatter, unknown, none(), Inputs{}, "queue could not be read"},
		{AuthGuessing, pass, guessed(9), Inputs{}, "too few to be guesses"},
		{AuthGuessing, warn, guessed(150), Inputs{}, "Passwords are being guessed"},
		{AuthGuessing, fail, func() *script {
			s := guessed(150)
			s.comes("198.18.3.7", "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
			return s
		}(), Inputs{}, "anna@ours.example"},
		{AuthGuessing, unknown, none(), Inputs{}, "no SMTP-Activity log"},
		{QueueGrowing, pass, none(), Inputs{Queue: waiting(12, QueueRow{Sender: "a@ours.example"})}, "12 messages wait"},
		{QueueGrowing, warn, none(), Inputs{Queue: waiting(90, QueueRow{Sender: "a@ours.example"}), Depths: aDay}, "usually 5"},
		{QueueGrowing, pass, none(), Inputs{Queue: waiting(12, QueueRow{Sender: "a@ours.example"}), Depths: aDay}, "usually 5"},
		{QueueGrowing, warn, none(), Inputs{Queue: waiting(90, QueueRow{Sender: "a@ours.example"}), Depths: empty}, "usually none"},
		{QueueGrowing, unknown, none(), Inputs{Queue: waiting(90, QueueRow{Sender: "a@ours.example"})}, "neither logs nor earlier counts"},
		{QueueOrphans, pass, none(), Inputs{Queue: waiting(1, QueueRow{})}, "Every command file has its message"},
		{QueueOrphans, warn, none(), Inputs{Queue: waiting(1, QueueRow{}), Orphans: 1}, "1 orphan"},
		{QueueOrphans, unknown, none(), Inputs{}, "queue could not be read"},
		{SelfBanned, pass, quiet(), denied("203.0.113.99"), "None of 1 entry"},
		{SelfBanned, warn, quiet(), denied("203.0.113.17"), "203.0.113.17"},
		{SelfBanned, fail, quiet(), denied("198.51.100.*"), "turns itself away"},
		{SelfBanned, unknown, none(), Inputs{}, "neither the deny list nor a log"},
	} {
		c.in.Now = c.s.when
		for i := range c.in.Depths {
			c.in.Depths[i].Time = c.in.Depths[i].Time.Add(c.s.when.Sub(testNow))
		}
		all := c.s.c.Findings(c.in)
		complete(t, all)
		f := byCode(all, c.code)
		if f.Status != c.want || !strings.Contains(f.Summary, c.says) {
			t.Errorf("%s is %s, want %s with %q: %s", c.code, f.Status, c.want, c.says, f.Summary)
		}
		if reached[c.code] == nil {
			reached[c.code] = map[diag.Status]bool{}
		}
		reached[c.code][f.Status] = true
	}
	for _, code := range Codes() {
		for _, s := range can[code] {
			if !reached[code][s] {
				t.Errorf("%s is never %s", code, s)
			}
		}
		if len(reached[code]) != len(can[code]) {
			t.Errorf("%s: %v, want %v", code, reached[code], can[code])
		}
	}
}
