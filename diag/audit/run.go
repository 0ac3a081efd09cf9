package audit

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Message is a message or failure as far as a run needs to know it. What is not
// known is left empty.
type Message struct {
	Subject     string
	Link        string // registrable domain of a link in it
	User        string // signed in
	Client      netip.Addr
	Sender      string
	SenderKnown bool // tells the null sender from an unknown one
	Size        int64
	Time        time.Time
}

// Message returns a queued message for Run.Has.
func (r QueueRow) Message() Message {
	return Message{
		Subject: r.Subject, Link: r.Link, User: r.user(), Client: r.Client, Sender: r.Sender,
		SenderKnown: r.Sender != "" || r.Null, Size: r.Size, Time: r.Since,
	}
}

// Run is one spam run: what somebody sends through this server. It is a
// predicate: Has tells its messages and failures from the innocent.
type Run struct {
	ID    string // stays the same from one look to the next
	Code  string // of the finding that it belongs to
	Title string // "Your parcel # waits for payment, from info@…"
	// User signed in to send it, "" where nobody did.
	User string
	// Senders are the envelope senders, sorted; none for any.
	Senders []string
	// Patterns are the kinds of subjects (see SubjectPattern), most frequent
	// first; none for any.
	Patterns []string
	Links    []string
	// Clients are own addresses that hand it in, for a run of a web script.
	Clients     []netip.Addr
	First, Last time.Time
	Messages    int // in the logs
	Recipients  int
	Refused     int // recipients
	Networks    int
	Small, Big  int64 // sizes in bytes, 0 where not known

	senders, patterns, links map[string]bool
	foreign                  func(string) bool // of redirected mail
	otherName                string            // of User, with the postoffice
}

// slack is how long before its first known message a run may have begun.
const slack = 3 * time.Hour

// Has reports whether a message belongs to the run. A message of which neither
// subject nor link is known belongs to it only where the run is everything that
// its sender writes.
func (r *Run) Has(m Message) bool {
	if !m.Time.IsZero() && (m.Time.Before(r.First.Add(-slack)) || !r.open() && m.Time.After(r.Last.Add(24*time.Hour))) {
		return false
	}
	if r.foreign != nil {
		return m.SenderKnown && m.Sender != "" && m.User == "" && r.foreign(m.Sender)
	}
	switch {
	case m.User != "" && r.User != "":
		if !sameUser(m.User, r.User) && !sameUser(m.User, r.otherName) {
			return false
		}
	case m.User != "":
		return false // somebody signed in; nobody does in this run
	case len(r.senders) > 0 && m.SenderKnown:
		if !r.senders[strings.ToLower(m.Sender)] {
			return false
		}
	}
	if len(r.Clients) > 0 && m.Client.IsValid() && !slices.Contains(r.Clients, m.Client) {
		return false
	}
	if len(r.patterns) == 0 {
		return m.User != "" || m.SenderKnown && len(r.senders) > 0
	}
	if m.Link != "" && r.links[m.Link] {
		return true
	}
	return m.Subject != "" && r.patterns[SubjectPattern(m.Subject)] && r.fits(m.Size)
}

// open reports whether the run may still go on.
func (r *Run) open() bool { return r.Last.IsZero() }

// fits reports whether a size is one of the run's, give or take a header.
func (r *Run) fits(size int64) bool {
	return size == 0 || r.Big == 0 || size <= 2*r.Big+32<<10
}

// prepare makes the sets that Has asks.
func (r *Run) prepare() {
	set := func(list []string) map[string]bool {
		m := map[string]bool{}
		for _, s := range list {
			m[s] = true
		}
		return m
	}
	r.senders, r.patterns, r.links = set(r.Senders), set(r.Patterns), set(r.Links)
}

// What makes a kind of subject part of a run.
const (
	runLeast    = 5  // messages
	runShare    = 3  // percent of the run's messages
	runCover    = 50 // percent that the patterns have to cover to be asked for
	maxRunKinds = 50
)

// runs returns the spam runs that the findings point at, the biggest first.
func (f *facts) runs(findings []diag.Finding) []Run {
	failed := map[string]bool{}
	for _, x := range findings {
		failed[x.Code] = x.Status == diag.StatusFail
	}
	var out []Run
	for _, s := range f.users {
		if s.status == diag.StatusFail {
			out = append(out, f.userRun(s))
		}
	}
	switch {
	case failed[RelayLocal]:
		out = append(out, f.relayRun(RelayLocal))
	case failed[RelayAnyone]:
		out = append(out, f.relayRun(RelayAnyone))
	}
	if failed[SpamWeb] {
		out = append(out, f.webRun())
	}
	if failed[SpamRedirect] {
		out = append(out, f.redirectRun())
	}
	for i := range out {
		out[i].prepare()
	}
	slices.SortStableFunc(out, func(a, b Run) int { return cmp.Compare(b.Messages, a.Messages) })
	return out
}

// kinds takes the kinds of subjects that began with the run under its senders.
func (f *facts) kinds(r *Run, senders map[string]bool, since int64) {
	var found []*pattern
	total, covered := 0, 0
	for _, p := range f.c.patterns.by {
		n := p.since(int32(since / 86400))
		if n == 0 || p.last < since {
			continue
		}
		if senders != nil {
			theirs := p.more
			for s, k := range p.senders {
				if senders[s] {
					theirs += *k
				}
			}
			if n = min(n, theirs); n == 0 {
				continue
			}
		}
		total += n
		if p.n >= runLeast && p.first >= since-int64(slack/time.Second) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *pattern) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text)) })
	for _, p := range found {
		if len(r.Patterns) == maxRunKinds || p.n*100 < total*runShare {
			break
		}
		r.Patterns = append(r.Patterns, p.text)
		covered += p.n
		if at := time.Unix(p.first, 0); at.Before(r.First) {
			r.First = at
		}
		r.Messages += p.n
		r.Refused += p.refused
		if r.Small == 0 || p.small > 0 && p.small < r.Small {
			r.Small = p.small
		}
		r.Big = max(r.Big, p.big)
	}
	if covered*100 < total*runCover {
		r.Patterns = nil // every subject is another: then it is all of it
	}
}

func (f *facts) userRun(s suspect) Run {
	r := Run{ID: SpamUser + ":" + s.name, Code: SpamUser, User: s.name, First: time.Unix(s.since, 0), Networks: s.networks, otherName: f.otherName(s.name)}
	if s.machine {
		r.Code, r.ID = SpamWebmail, SpamWebmail+":"+s.name
	}
	set := map[string]bool{s.name: true}
	if s.talker != nil {
		for k := range s.talker.senders {
			set[k] = true
		}
		r.Recipients = int(s.burst.recipients)
		f.kinds(&r, set, s.since)
		if r.Patterns == nil {
			r.Messages = int(s.burst.messages)
		}
	}
	r.Senders = slices.Sorted(maps.Keys(set))
	f.links(&r, func(q QueueRow) bool {
		return q.User != "" && (sameUser(q.user(), s.name) || sameUser(q.user(), r.otherName))
	})
	r.Title = f.title(&r, "from "+s.name)
	return r
}

func (f *facts) relayRun(code string) Run {
	rel := f.relayed()
	r := Run{ID: code, Code: code, First: time.Unix(rel.first, 0), Networks: len(rel.networks), Recipients: rel.recipients}
	f.kinds(&r, nil, rel.first)
	f.links(&r, func(q QueueRow) bool { return q.User == "" && !q.Null })
	r.Title = f.title(&r, "without sign-in")
	return r
}

func (f *facts) webRun() Run {
	r := Run{ID: SpamWeb, Code: SpamWeb}
	senders := map[string]bool{}
	for _, g := range f.external() {
		for _, x := range g.from {
			if f.ours(x.addr) && !slices.Contains(r.Clients, x.addr) {
				r.Clients = append(r.Clients, x.addr)
			}
		}
		for _, s := range []string{g.sender, g.localSender} {
			if s != "" {
				senders[s] = true
			}
		}
	}
	var since int64
	for _, a := range r.Clients {
		if t := f.c.anon.by[a.String()]; t != nil {
			b := f.c.burst(t)
			at := f.c.onset(t, b)
			if since == 0 || at < since {
				since = at
			}
			r.Recipients += int(b.recipients)
		}
	}
	r.First = time.Unix(since, 0)
	f.kinds(&r, senders, since)
	f.links(&r, func(q QueueRow) bool { return q.User == "" && f.ours(q.Client) })
	r.Title = f.title(&r, "from this machine")
	return r
}

func (f *facts) redirectRun() Run {
	r := Run{ID: SpamRedirect, Code: SpamRedirect, foreign: outsideOf(f.local)}
	for _, p := range f.passings() {
		r.Messages += p.messages
		r.Refused += p.refused
		if at := time.Unix(p.first, 0); r.First.IsZero() || at.Before(r.First) {
			r.First = at
		}
	}
	r.Title = "what redirections pass on"
	return r
}

// links takes the link domains of those traced messages that belong to the run.
func (f *facts) links(r *Run, is func(QueueRow) bool) {
	n := map[string]int{}
	for _, t := range f.in.Traces {
		if is(t.Row) && slices.Contains(r.Patterns, SubjectPattern(cmp.Or(t.Row.Subject, t.Trace.Subject))) {
			for _, l := range t.Trace.Links {
				if !f.hosted(l) {
					n[l]++
				}
			}
		}
	}
	r.Links = slices.Sorted(maps.Keys(n))
}

func (f *facts) title(r *Run, who string) string {
	if len(r.Patterns) == 0 {
		return "everything " + who
	}
	s := "\"" + diag.Clean(r.Patterns[0]) + "\""
	if n := len(r.Patterns) - 1; n > 0 {
		s += " and " + count(n, "further subject")
	}
	return s + " " + who
}
