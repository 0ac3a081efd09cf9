package audit

import (
	"maps"
	"slices"

	"metriage/diag"
)

// seemingDays is on how many days a domain has to receive mail before it is
// taken for one hosted here because none of it is sent on.
const seemingDays = 3

// seeming returns the domains that nothing says are hosted here, but that behave
// so: strangers hand in mail for them day after day, and none of it leaves again.
// What a relay takes leaves, or waits to. Where a log has no outgoing side, or
// more destinations than are kept, nothing can be said.
func (f *facts) seeming() map[string]bool {
	out := map[string]bool{}
	if f.c.outbound == 0 || len(f.c.own.uses) >= maxHosts || len(f.queue.destinations) >= maxQueuedKeys {
		return out
	}
	leaves := map[string]bool{}
	for k := range f.c.own.uses {
		leaves[diag.DomainKey(k.domain)] = true
	}
	for d := range f.queue.destinations {
		leaves[d] = true
	}
	for _, g := range f.c.grants.by {
		d := diag.DomainKey(g.domain)
		if f.hosted(d) || leaves[d] {
			continue
		}
		days := map[int32]bool{}
		for _, x := range g.from {
			for _, day := range x.days {
				days[day.day] = true
			}
		}
		if len(days) >= seemingDays {
			out[d] = true
		}
	}
	return out
}

// tellSeeming names them.
func (f *facts) tellSeeming(m *made) {
	if n := len(f.seemsHosted); n > 0 {
		m.note("Taken for hosted here, since mail for them comes in day after day and none of it is sent on: %s. Settings and sign-ins do not name them; --domain does.", list(slices.Sorted(maps.Keys(f.seemsHosted))))
	}
}
