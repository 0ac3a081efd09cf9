package sample

import (
	"fmt"
	"slices"
	"time"
)

// Numbers of the classes; part of every piece's chance.
const (
	classOdd = iota
	classRefused
	classDeferred
	classNotice
	classWaiting
	classMail
	classBad
	classQuarantine
	classInbound
	classAccepted
	classSecret
	classSubmitted
	classOlder
	classGuess
	classPassed
	classBounced
	classRecovery
)

// plan makes the site of o and lays out its traffic.
func (o Options) plan() (*site, []class, error) {
	if o.Messages < 0 || o.Messages > MaxMessages {
		return nil, nil, fmt.Errorf("sample of %d messages: between 1 and %d are possible", o.Messages, MaxMessages)
	}
	if o.Messages == 0 {
		o.Messages = DefaultMessages
	}
	st, s, err := o.site()
	if err != nil {
		return nil, nil, err
	}
	w := &traffic{site: s, seed: o.Seed}
	odd := w.common()
	if st.odd != nil {
		odd = append(odd, st.odd(w)...)
	}
	count := 0
	for _, p := range odd {
		for i := range p.files {
			if f := &p.files[i]; !f.half && !f.uncounted {
				count++
			}
		}
	}
	n := max(0, o.Messages-count)
	return s, w.classes(odd, w.intrusions(n), n, st.blend), nil
}

// site makes the site of o with everything that depends on its time.
func (o Options) site() (story, *site, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	st, err := storyOf(o.Story)
	if err != nil {
		return story{}, nil, err
	}
	s := st.site()
	if err := s.prepare(o.Now, o.Zone, refusals()); err != nil {
		return story{}, nil, err
	}
	return st, s, nil
}

// blend is how the messages of a story divide, in percent; what is left of 100
// is ordinary mail. The last three are sessions of the log alone, in percent of
// the messages.
type blend struct {
	refused, deferred, waiting, bad, quarantine, inbound, older int

	accepted, secret, submitted int
}

// Bounds of what big samples hold beside their messages.
const (
	maxAccepted  = 250_000
	maxSecret    = 50_000
	maxSubmitted = 100_000
	// maxTried bounds the deferred messages whose every attempt is in the log.
	maxTried = 3_000
)

// classes divides n messages.
func (w *traffic) classes(odd []piece, own []class, n int, m blend) []class {
	s := w.site
	for _, c := range own {
		n = max(0, n-c.n*c.each)
	}
	part := func(percent int) int { return n * percent / 100 }
	refused, waiting := part(m.refused), part(m.waiting)
	deferred := part(m.deferred) * 3 / 4
	if len(s.deferring) == 0 {
		deferred = 0
	}
	notices := (deferred + 2) / 3 // every third has one
	bad, quarantined, coming, older := part(m.bad), part(m.quarantine), part(m.inbound), part(m.older)
	w.deferredStep, w.refusedStep = max(1, deferred/maxTried), max(1, refused/2000)
	secret, accepted := min(n*m.secret/100, maxSecret), min(n*m.accepted/100, maxAccepted)
	mail := n - refused - waiting - deferred - notices - bad - quarantined - coming - older

	end := s.now.Add(-2 * time.Minute)
	all := newClock(s.now.Add(-window), end, s.weigh)
	logged := newClock(s.retention, s.now.Add(-6*time.Minute), s.volume)
	taken := newClock(s.retention, s.now.Add(-6*time.Minute), func(h time.Time) uint64 { return s.volume(h) * s.open(h) })
	recent := newClock(s.now.Add(-40*time.Hour), end, s.weigh)
	fresh := newClock(s.now.Add(-3*time.Hour), end, s.volume)
	if s.thief != nil {
		fresh = newClock(s.now.Add(-min(s.thief.since, 40*time.Hour)), end, s.volume)
	}
	refusals := newClock(s.now.Add(-window), end, func(h time.Time) uint64 { return s.weigh(h) * load(s.refusing, h) })
	secrets := newClock(s.retention, end, func(h time.Time) uint64 { return s.volume(h) * load(s.secret, h) })
	spread := func(c clock, n int) func(int) time.Time {
		return func(i int) time.Time { return c.at(i, n) }
	}
	list := []class{
		{name: "refused", n: refused, at: spread(refusals, refused)},
		{name: "deferred", n: deferred, at: spread(recent, deferred)},
		{name: "notice", n: notices, at: func(i int) time.Time { return recent.at(3*i, deferred) }, quiet: true},
		{name: "waiting", n: waiting, at: spread(fresh, waiting), quiet: true},
		{name: "mail", n: mail, at: spread(all, mail)},
		{name: "bad", n: bad, at: spread(all, bad), quiet: true},
		{name: "quarantine", n: quarantined, at: spread(all, quarantined), quiet: true},
		{name: "inbound", n: coming, at: spread(recent, coming), quiet: true},
		{name: "accepted", n: accepted, at: spread(taken, accepted)},
		{name: "secret", n: secret, at: spread(secrets, secret)},
		{name: "submitted", n: min(n*m.submitted/100, maxSubmitted)},
		{name: "older", n: older, at: func(int) time.Time { return s.now }, quiet: true},
	}
	makers := []func(dice, time.Time, int) piece{
		w.refused, w.deferred, w.notice, w.waiting, w.mail, w.bad, w.quarantined, w.inbound,
		w.accepted, w.secret, w.submitted, w.older,
	}
	for i := range list {
		c := &list[i]
		if c.at == nil {
			c.at = spread(logged, c.n)
		}
		at, number, maker := c.at, classRefused+i, makers[i]
		c.make = func(i int) piece { return maker(newDice(w.seed, number, i), at(i), i) }
	}
	return append(append([]class{oddClass(odd)}, list...), own...)
}

// oddClass lists pieces made before, by the time of their first session.
func oddClass(odd []piece) class {
	begins := func(p *piece) time.Time {
		t := time.Unix(0, 0)
		for i := range p.sessions {
			if at := p.sessions[i].at; i == 0 || at.Before(t) {
				t = at
			}
		}
		return t
	}
	slices.SortStableFunc(odd, func(a, b piece) int { return begins(&a).Compare(begins(&b)) })
	return class{
		name: "odd", n: len(odd),
		at:   func(i int) time.Time { return begins(&odd[i]) },
		make: func(i int) piece { return odd[i] },
	}
}

// traffic makes the pieces of one sample.
type traffic struct {
	site *site
	seed uint64
	// deferredStep is how many deferred messages there are for each whose
	// attempts are in the log.
	deferredStep int
	// refusedStep is how many refused messages there are for each whose NDR may
	// name another queue file than the log. In a big sample too many of them
	// would lie too close together to tell which belongs to which.
	refusedStep int
}

// words returns the words of a message to a destination.
func (w *traffic) words(d dice, to *destination, sender string, at time.Time) *words {
	ip, host := w.site.identity(at)
	return &words{
		ip: ip.String(), helo: host, host: to.hosts[0], domain: to.domain,
		sender: sender, ref: d.ref(14), date: at.In(w.site.zone).Format(time.RFC1123Z),
	}
}

// author is who sends a message and from where.
type author struct {
	box             *mailbox
	client, subject string
	stolen          bool // it is the thief
}

// signedIn reports whether a came in with a password.
func (w *traffic) signedIn(a author) bool { return !a.stolen || w.site.thief.box != nil }

// author rolls who of from sends at a time; from a theft on it is mostly the
// thief.
func (w *traffic) author(d dice, from []*mailbox, at time.Time) author {
	a := author{box: senderOf(d, from), client: w.client(d), subject: pick(d, w.site.subjects)}
	t := w.site.thief
	if t == nil || at.Before(w.site.now.Add(-t.since)) || !d.percent(t.share) || a.box.pop {
		return a
	}
	by := author{box: t.box, client: w.bot(d), subject: fmt.Sprintf("Your parcel %06d waits for payment", 180_000+d.IntN(9000)), stolen: true}
	if by.box == nil {
		by.box = a.box
	}
	return by
}

// bot returns an address that a thief's session comes from.
func (w *traffic) bot(d dice) string {
	return botAddress(d.IntN(w.site.thief.networks), 2+d.IntN(3))
}

// botAddress is a machine in one of the networks of a thief's sessions.
func botAddress(network, host int) string {
	return fmt.Sprintf("198.%d.%d.%d", 18+network%2, (network*37+11)%256, host)
}

// logged reports whether the log of that time still exists.
func (w *traffic) logged(at time.Time) bool { return !at.Before(w.site.retention) }

// recipients picks n different addresses at to.
func (w *traffic) recipients(d dice, to *destination, n int) []string {
	start := d.IntN(len(to.names))
	out := make([]string, 0, n)
	for i := range min(n, len(to.names)) {
		out = append(out, to.names[(start+i)%len(to.names)]+"@"+to.domain)
	}
	return out
}

func (w *traffic) at(t time.Time) time.Time { return t.In(w.site.zone) }

// senderOf picks one of from by weight.
func senderOf(d dice, from []*mailbox) *mailbox {
	return weighted(d, from, func(m *mailbox) int { return m.weight })
}
