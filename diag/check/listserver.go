package check

import (
	"context"
	"time"

	"github.com/miekg/dns"

	"metriage/diag/dnsq"
)

// listServerEvery is how often a list's own servers are asked at most.
const listServerEvery = time.Hour

// direct asks a list's own servers, past a resolver that it does not serve or
// whose answers have a hole: the self-test and one question. It returns the
// verdict, where there is a better one, and what was asked.
func (j *job) direct(ctx context.Context, l *listRun, s subject, v listVerdict, h health) (listVerdict, []dnsq.Answer) {
	hole := v.code == "dnsbl-unhealthy" && !h.noTest && h.test.Definite() && len(h.test.Addrs()) == 0
	if v.code != "dnsbl-refused" && !hole || !j.ListServers || !j.walks() || j.Cooldown == nil || l.key != "" {
		return v, nil
	}
	if _, ok := j.Cooldown.take("list "+l.zone+" "+s.String(), j.Now(), listServerEvery); !ok {
		v.notes = append(v.notes, "Its own servers were asked within the last hour and are not asked again yet.")
		return v, nil
	}
	wctx, cancel := context.WithTimeout(ctx, j.Limits.Walk)
	defer cancel()
	_, servers, err := j.Walker.ZoneServers(wctx, l.zone)
	if err != nil || len(servers) == 0 {
		return v, nil
	}
	server := servers[j.Random(len(servers))]
	test, not := j.testPoints(l, s.family())
	var a dnsq.Answer
	own := health{noTest: test == ""}
	ask := func(label string) dnsq.Answer {
		return j.DNS.AskServer(ctx, server, label+"."+l.zone, dns.TypeA, false)
	}
	together(
		func() { a = ask(s.labels()) },
		func() { own.not = ask(not) },
		func() {
			if !own.noTest {
				own.test = ask(test)
			}
		})
	answers := []dnsq.Answer{a, own.test, own.not}
	better := l.judge(s, a, own)
	if better.code != "dnsbl-clear" && better.code != "dnsbl-listed" {
		v.notes = append(v.notes, "Its own server "+server+" was asked from here as well and gave no better answer.")
		return v, answers
	}
	why := "Your resolver is not served"
	if hole {
		why = "Your resolver does not see even the list's test entry"
	}
	better.notes = append(better.notes, why+"; this is the answer of the list's own server "+server+", asked from here directly. Receivers that use such a resolver see nothing either.")
	return better, answers
}
