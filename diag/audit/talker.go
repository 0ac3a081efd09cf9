package audit

import (
	"cmp"
	"net/netip"
	"slices"
)

// span is what somebody did in some time.
type span struct {
	messages, recipients uint32
	refused              uint32 // recipients that a remote server refused for good
	bad                  uint32 // recipients refused at RCPT, there or here
}

func (s *span) add(o span) {
	s.messages += o.messages
	s.recipients += o.recipients
	s.refused += o.refused
	s.bad += o.bad
}

type hourSpan struct {
	hour  int64
	first int64 // second of the first message
	span
}

type daySpan struct {
	day int32
	span
}

// talker is a user, account, client, network or sender with what it did, by
// hour for the newest hours and by day before.
type talker struct {
	name        string
	total       span
	first, last int64
	hours       []hourSpan
	days        []daySpan
	// Of users alone.
	nets    map[netip.Prefix]*netSpan
	netMore int // networks beyond the bound
	senders map[string]uint32
	breach  breach
}

// netSpan is what a user did from one network.
type netSpan struct {
	addr        netip.Addr // the last one seen there
	messages    uint32
	first, last int64
	failsBefore uint32 // sign-ins that failed there before the first success
	failsFirst  int64
}

// add counts at a second of an hour and a day.
func (t *talker) add(sec, hour int64, day int32, s span) {
	t.total.add(s)
	if t.first == 0 || sec < t.first {
		t.first = sec
	}
	t.last = max(t.last, sec)
	h := len(t.hours) - 1
	for h >= 0 && t.hours[h].hour > hour {
		h--
	}
	if h < 0 || t.hours[h].hour != hour {
		if h < 0 && len(t.hours) >= maxHours {
			// Older than what is kept by hour.
		} else {
			t.hours = slices.Insert(t.hours, h+1, hourSpan{hour: hour, first: sec, span: s})
			if len(t.hours) > maxHours {
				t.hours = slices.Delete(t.hours, 0, 1)
			}
		}
	} else {
		t.hours[h].add(s)
		t.hours[h].first = min(t.hours[h].first, sec)
	}
	addDay(&t.days, maxDays, day, s)
}

// addDay counts s on its day, of which the newest are kept.
func addDay(days *[]daySpan, keep int, day int32, s span) {
	d := len(*days) - 1
	for d >= 0 && (*days)[d].day > day {
		d--
	}
	if d >= 0 && (*days)[d].day == day {
		(*days)[d].add(s)
		return
	}
	if *days = slices.Insert(*days, d+1, daySpan{day, s}); len(*days) > keep {
		*days = slices.Delete(*days, 0, 1)
	}
}

// lately adds up the days of the last two weeks, today's included.
func lately(days []daySpan, today int32) (sum span) {
	for _, d := range days {
		if d.day > today-UsageDays && d.day <= today {
			sum.add(d.span)
		}
	}
	return sum
}

// table holds talkers by name. When it is full the quieter half makes room;
// what that did is kept as one sum.
type table struct {
	by   map[string]*talker
	rest span
	gone int // talkers that made room
}

func newTable() *table { return &table{by: map[string]*talker{}} }

// of returns the talker of a name, which may lie in a buffer.
func (t *table) of(name []byte) *talker {
	if k, ok := t.by[string(name)]; ok {
		return k
	}
	return t.make(string(name))
}

func (t *table) make(name string) *talker {
	if len(t.by) >= maxTalkers {
		t.shrink()
	}
	k := &talker{name: name}
	t.by[name] = k
	return k
}

func (t *table) shrink() {
	all := make([]*talker, 0, len(t.by))
	for _, k := range t.by {
		all = append(all, k)
	}
	// The quiet and old ones first.
	slices.SortFunc(all, func(a, b *talker) int {
		return cmp.Or(cmp.Compare(a.total.recipients, b.total.recipients), cmp.Compare(a.last, b.last), cmp.Compare(a.name, b.name))
	})
	for _, k := range all[:len(all)/2] {
		t.rest.add(k.total)
		t.gone++
		delete(t.by, k.name)
	}
}

// sorted returns the talkers, those with most recipients first.
func (t *table) sorted() []*talker {
	out := make([]*talker, 0, len(t.by))
	for _, k := range t.by {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b *talker) int {
		return cmp.Or(cmp.Compare(b.total.recipients, a.total.recipients), cmp.Compare(b.total.messages, a.total.messages), cmp.Compare(a.name, b.name))
	})
	return out
}

// networkOf is the network that an address is counted under: /24, or /48 of
// IPv6.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 24
	if !a.Is4() {
		bits = 48
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// private reports whether an address can not be seen from outside: RFC 1918,
// 100.64.0.0/10 (RFC 6598), loopback, link-local and ULA.
func private(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a)
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// sortByDay orders by the busiest day of the newest two, descending.
func sortByDay(c *Collector, all []*talker) {
	day := make(map[*talker]uint32, len(all))
	for _, t := range all {
		day[t] = c.burst(t).recipients
	}
	slices.SortStableFunc(all, func(a, b *talker) int { return cmp.Compare(day[b], day[a]) })
}
