package audit

import "time"

// By is what "who is sending" is counted by.
type By string

// The kinds of talkers.
const (
	ByUser    By = "user"    // who signed in
	ByAccount By = "account" // the domain of the user
	ByClient  By = "client"  // address that handed mail in, signed in
	ByNetwork By = "network" // /24 or /48 of it
	BySender  By = "sender"  // envelope sender of what went out
	ByAnon    By = "anonymous"
)

// Talker is somebody with what they sent.
type Talker struct {
	Key string
	// Messages and Recipients over the whole of the logs; Refused recipients
	// and Bad ones, refused at RCPT.
	Messages, Recipients, Refused, Bad int
	// Day is the recipients of the busiest 24 hours of the newest two days, and
	// Usual of the median day before; Known where there are enough days.
	Day   int
	Usual float64
	Known bool
	// Hours are the recipients of the newest 24 hours, oldest first, and Days
	// of the newest 14 days.
	Hours       [24]int
	Days        [14]int
	Networks    int // of a user
	First, Last time.Time
}

// Talkers returns the n with most recipients in the newest two days, then over
// all.
func (c *Collector) Talkers(by By, n int) []Talker {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := map[By]*table{ByUser: c.users, ByAccount: c.accounts, ByClient: c.clients, ByNetwork: c.networks, BySender: c.senders, ByAnon: c.anon}[by]
	if t == nil {
		return nil
	}
	all := t.sorted()
	sortByDay(c, all)
	var out []Talker
	for _, k := range all[:min(n, len(all))] {
		b := c.burst(k)
		x := Talker{
			Key: k.name, Messages: int(k.total.messages), Recipients: int(k.total.recipients), Refused: int(k.total.refused), Bad: int(k.total.bad),
			Day: int(b.recipients), Usual: b.usual, Known: b.known, Networks: len(k.nets) + k.netMore, First: unix(k.first), Last: unix(k.last),
		}
		for _, h := range k.hours {
			if i := int(h.hour - c.last/3600 + 23); i >= 0 && i < len(x.Hours) {
				x.Hours[i] = int(h.recipients)
			}
		}
		for _, d := range k.days {
			if i := int(d.day) - int(c.last/86400) + 13; i >= 0 && i < len(x.Days) {
				x.Days[i] = int(d.recipients)
			}
		}
		out = append(out, x)
	}
	return out
}
