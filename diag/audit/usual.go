package audit

import "slices"

// A burst is a talker's busiest 24 hours of the newest days, against its own
// days before.
type burst struct {
	span
	from, to int64   // seconds
	usual    float64 // recipients of a day before, median; days without any count
	busiest  float64 // recipients of the busiest day before
	known    bool    // whether there are enough days before to say so
}

// Days that it takes to know what is usual, and hours that count as new.
const (
	usualDays = 3
	newHours  = 48
	dayHours  = 24
)

// factor is how many times the usual day the burst is.
func (b burst) factor() float64 { return float64(b.recipients) / max(b.usual, 1) }

// burst finds the busiest 24 hours within the newest 48 hours of the log.
func (c *Collector) burst(t *talker) burst {
	var b burst
	end := c.last / 3600
	hours := t.hours
	for i := range hours {
		if hours[i].hour <= end-newHours {
			continue
		}
		var sum span
		last := hours[i].hour
		for k := i; k < len(hours) && hours[k].hour < hours[i].hour+dayHours; k++ {
			sum.add(hours[k].span)
			last = hours[k].hour
		}
		if sum.recipients > b.recipients {
			b.span, b.from, b.to = sum, hours[i].first, (last+1)*3600
		}
	}
	b.usual, b.busiest, b.known = c.usual(t)
	return b
}

// usual is the median day of a talker before the newest two days, and the
// busiest one.
func (c *Collector) usual(t *talker) (median, busiest float64, known bool) {
	first, last := int32(c.first/86400), int32(c.last/86400)-2
	if last-first < usualDays {
		return 0, 0, false
	}
	n := min(int(last-first), maxDays)
	days := make([]int, n)
	for _, d := range t.days {
		if i := int(d.day - (last - int32(n))); i >= 0 && i < n {
			days[i] = int(d.recipients)
		}
	}
	slices.Sort(days)
	busiest = float64(days[n-1])
	if n%2 == 1 {
		return float64(days[n/2]), busiest, true
	}
	return float64(days[n/2-1]+days[n/2]) / 2, busiest, true
}

// onset is when a burst began: the first message of the first hour from which
// on six hours bring more than a whole usual day, twice over.
func (c *Collector) onset(t *talker, b burst) int64 {
	level := max(2*b.usual, 5)
	for i := range t.hours {
		if t.hours[i].hour < b.from/3600-maxHours {
			continue
		}
		var sum uint32
		for k := i; k < len(t.hours) && t.hours[k].hour < t.hours[i].hour+6; k++ {
			sum += t.hours[k].recipients
		}
		if float64(sum) > level {
			return t.hours[i].first
		}
	}
	return b.from
}
