package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// queueFacts are one pass over the queue.
type queueFacts struct {
	read      bool
	outgoing  int // messages
	young     int // of outgoing, in the queue for less than a day
	untried   int
	null      int // of outgoing, under the null sender
	strangers int // of null, for domains elsewhere
	bad       int // in Bad Mail
	badNull   int
	badAliens int // of badNull, for domains elsewhere
	oldest    time.Time
	users     map[string]*queued     // by userName
	mailboxes map[string]string      // of users, by the mailbox alone
	clients   map[netip.Addr]*queued // of messages without user and with a sender
	senders   map[string]int
	// destinations are the domains that outgoing messages wait for.
	destinations map[string]bool
}

// queued is what waits of one user or client.
type queued struct {
	n           int
	networks    map[netip.Prefix]int
	oldest      time.Time
	newest      time.Time
	bigger      int // recipients
	ours        int // handed in from this machine
	localSender int
}

// Bounds of a pass over the queue.
const maxQueuedKeys = 50_000

func (f *facts) readQueue() queueFacts {
	q := queueFacts{users: map[string]*queued{}, clients: map[netip.Addr]*queued{}, senders: map[string]int{}, destinations: map[string]bool{}}
	if f.in.Queue == nil {
		return q
	}
	q.read = true
	for r := range f.in.Queue {
		switch {
		case r.BadMail:
			q.bad++
			if r.Null {
				q.badNull++
				if f.elsewhere(r.Destination) {
					q.badAliens++
				}
			}
		case r.Outgoing:
			q.row(f, r)
		}
	}
	q.mailboxes = q.mailboxNames()
	return q
}

// elsewhere reports whether a destination is known and not hosted here.
func (f *facts) elsewhere(domain string) bool { return domain != "" && f.sure && !f.hosted(domain) }

func (q *queueFacts) row(f *facts, r QueueRow) {
	q.outgoing++
	if len(q.destinations) < maxQueuedKeys {
		q.destinations[r.Destination] = true
	}
	if age := f.now.Sub(r.Since); !r.Since.IsZero() && age < 24*time.Hour {
		q.young++
	}
	if r.Retries == 0 && r.StatusCode == 0 {
		q.untried++
	}
	if !r.Since.IsZero() && (q.oldest.IsZero() || r.Since.Before(q.oldest)) {
		q.oldest = r.Since
	}
	if r.Null {
		q.null++
		if f.elsewhere(r.Destination) {
			q.strangers++
		}
		return
	}
	if len(q.senders) < maxQueuedKeys || q.senders[r.Sender] > 0 {
		q.senders[r.Sender]++
	}
	switch {
	case r.User != "":
		queuedOf(q.users, r.user()).row(f, r)
	case r.Client.IsValid():
		queuedOf(q.clients, r.Client).row(f, r)
	}
}

func queuedOf[K comparable](m map[K]*queued, k K) *queued {
	x := m[k]
	if x == nil {
		x = &queued{networks: map[netip.Prefix]int{}}
		if len(m) < maxQueuedKeys {
			m[k] = x
		}
	}
	return x
}

func (x *queued) row(f *facts, r QueueRow) {
	x.n++
	x.bigger += r.Recipients
	if r.Client.IsValid() {
		if f.ours(r.Client) {
			x.ours++
		}
		if p := networkOf(r.Client); len(x.networks) < maxNetworks {
			x.networks[p]++
		}
	}
	if r.Sender != "" && !f.outside(r.Sender) {
		x.localSender++
	}
	if !r.Since.IsZero() {
		if x.oldest.IsZero() || r.Since.Before(x.oldest) {
			x.oldest = r.Since
		}
		if r.Since.After(x.newest) {
			x.newest = r.Since
		}
	}
}

// topUser returns the user with most messages in the outgoing queue.
func (q *queueFacts) topUser() (name string, x *queued) {
	for k, v := range q.users {
		if x == nil || v.n > x.n || v.n == x.n && k < name {
			name, x = k, v
		}
	}
	return name, x
}

// Depth of a queue that is worth saying that it grows, and how many times the
// usual it has to be.
const (
	growingLeast  = 30
	growingFactor = 3
	inflowFactor  = 4 // of what is handed in
)

// usualDepth is the median of the depths that were kept from before the newest
// day; known is false where they are of fewer than usualDays days.
func (f *facts) usualDepth() (depth int, known bool) {
	var n []int
	days := map[int64]bool{}
	for _, d := range f.in.Depths {
		if f.now.Sub(d.Time) > 24*time.Hour {
			n = append(n, d.Messages)
			days[d.Time.Unix()/86400] = true
		}
	}
	if len(days) < usualDays {
		return 0, false
	}
	slices.Sort(n)
	return n[len(n)/2], true
}

// Estimate says when a message is tried next and when MailEnable gives it up.
// Both are estimated: no file tells.
type Estimate struct {
	Next   time.Time // zero where nothing is due
	GiveUp time.Time // zero where no lifetime was ever observed
}

// retryWaits are the waits between tries (the vendor's SMTP delivery help
// page): after 15, 30 and 60 minutes and then every four hours.
var retryWaits = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour}

// Estimate returns the estimate for a message of the outgoing queue. lifetime is
// what Lifetime returned, 0 for not known.
func (r QueueRow) Estimate(now time.Time, lifetime time.Duration) Estimate {
	var e Estimate
	if !r.Outgoing || r.Since.IsZero() {
		return e
	}
	if r.Retries > 0 && !r.Changed.IsZero() {
		e.Next = r.Changed.Add(retryWaits[min(r.Retries, len(retryWaits))-1])
	}
	if e.Next.Before(now) {
		e.Next = now // due
	}
	if lifetime > 0 {
		e.GiveUp = r.Since.Add(lifetime)
		if e.GiveUp.Before(now) {
			e.GiveUp = now
		}
	}
	return e
}

// Lifetime is how long messages that were never accepted were tried, as far as
// the logs show it, and from how many messages that is known; 0 where too few
// gave up to tell.
func (c *Collector) Lifetime() (lifetime time.Duration, from int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []int64
	for _, t := range c.deferred {
		// Nothing is tried later than four hours after the last try.
		if c.last-t.last > 9*3600 && t.last-t.first > 3600 {
			all = append(all, t.last-t.first)
		}
	}
	if len(all) < 5 {
		return 0, len(all)
	}
	slices.Sort(all)
	return time.Duration(all[len(all)*9/10])*time.Second + 4*time.Hour, len(all)
}

// Age is how many messages wait how long.
type Age struct {
	Below    time.Duration // upper bound, 0 for the last one
	Messages int
}

// Ages counts the outgoing messages by how long they wait, over all and by
// destination, the destinations with most messages first.
func Ages(rows func(func(QueueRow) bool), now time.Time, most int) (all []Age, by []DomainAges) {
	bounds := []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 0}
	fresh := func() []Age {
		out := make([]Age, len(bounds))
		for i, b := range bounds {
			out[i].Below = b
		}
		return out
	}
	all = fresh()
	at := map[string]int{}
	for r := range rows {
		if !r.Outgoing || r.Since.IsZero() {
			continue
		}
		k := 0
		for k < len(bounds)-1 && now.Sub(r.Since) >= bounds[k] {
			k++
		}
		all[k].Messages++
		i, ok := at[r.Destination]
		if !ok {
			if len(by) >= maxQueuedKeys {
				continue
			}
			i = len(by)
			at[r.Destination] = i
			by = append(by, DomainAges{Destination: r.Destination, Ages: fresh()})
		}
		d := &by[i]
		d.Messages++
		d.Ages[k].Messages++
		if d.Oldest.IsZero() || r.Since.Before(d.Oldest) {
			d.Oldest = r.Since
		}
	}
	slices.SortFunc(by, func(a, b DomainAges) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Destination, b.Destination))
	})
	return all, by[:min(most, len(by))]
}

// DomainAges are the ages of what waits for one destination.
type DomainAges struct {
	Destination string
	Messages    int
	Ages        []Age
	Oldest      time.Time // when the one that waits longest entered the queue
}

// Bounces are the messages under the null sender in the outgoing queue: notices
// that go out because mail was taken that could not be delivered.
type Bounces struct {
	Queued    int // messages in the outgoing queue
	Null      int // of them, under the null sender
	Strangers int // of Null, for domains that are known not to be hosted here
	// Known reports whether it is known which domains are hosted here.
	Known bool
}

func (f *facts) bounces() Bounces {
	return Bounces{Queued: f.queue.outgoing, Null: f.queue.null, Strangers: f.queue.strangers, Known: f.sure}
}
