package check

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"metriage/diag/dnsq"
)

// The families that are tested apart.
const (
	familyIPv4 = iota
	familyIPv6
	familyDomain
)

// health is the outcome of a list's self-test (RFC 5782 section 5): something
// that must be listed, and something that must not.
type health struct {
	test, not dnsq.Answer
	noTest    bool // the list has no entry that must be listed
	at        time.Time
	kept      bool // from an earlier run
}

// The test points of RFC 5782 section 5.
var (
	testIPv4, testNotIPv4 = netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")
	testIPv6, testNotIPv6 = netip.MustParseAddr("::ffff:127.0.0.2"), netip.MustParseAddr("::ffff:127.0.0.1")
)

var errNotAsked = errors.New("it was not asked")

// healthyFor is how long a passed self-test counts. A critical list is tested
// again sooner: some resolvers are told "no such name" where they should be
// refused, and that can begin at any time.
const (
	healthyFor         = 6 * time.Hour
	healthyForCritical = 15 * time.Minute
)

// passes are the self-tests that lists passed, by zone and family. It is safe
// for use by several goroutines.
type passes struct {
	mu sync.Mutex
	m  map[string]health
}

func (p *passes) get(key string, now time.Time, within time.Duration) (health, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, ok := p.m[key]
	return h, ok && now.Sub(h.at) < within && !h.at.After(now)
}

func (p *passes) put(key string, h health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m == nil || len(p.m) > 2*maxLists {
		p.m = map[string]health{}
	}
	p.m[key] = h
}

// health tests the list, once in a run for each family.
func (j *job) health(ctx context.Context, l *listRun, family int) health {
	l.tests[family].Do(func() {
		h := &l.tested[family]
		key := fmt.Sprintf("%s %d", l.zone, family)
		within := healthyFor
		if l.Weight == WeightCritical {
			within = healthyForCritical
		}
		if old, ok := j.passes.get(key, j.Now(), within); ok {
			*h = old
			h.kept = true
			return
		}
		defer func() {
			if h.at = j.Now(); l.passed(*h) {
				j.passes.put(key, *h)
			}
		}()
		h.test.Err, h.not.Err = errNotAsked, errNotAsked
		test, not := j.testPoints(l, family)
		h.noTest = test == ""
		together(
			func() { h.not = j.DNS.Ask(ctx, not+"."+l.zone, dns.TypeA) },
			func() {
				if !h.noTest {
					h.test = j.DNS.Ask(ctx, test+"."+l.zone, dns.TypeA)
				}
			})
	})
	return l.tested[family]
}

// passed reports whether the list does what it must in its self-test.
func (l *listRun) passed(h health) bool {
	v := l.judge(subject{}, dnsq.Answer{Rcode: dns.RcodeNameError}, h)
	return v.code == "dnsbl-clear"
}

// testPoints returns the labels that must and must not be listed; "" for the
// first where the list has none. For the second a random neighbour in a
// documentation range takes its place.
func (j *job) testPoints(l *listRun, family int) (test, not string) {
	test = [...]string{dnsq.Labels(testIPv4), dnsq.Labels(testIPv6), "test"}[family]
	not = [...]string{dnsq.Labels(testNotIPv4), dnsq.Labels(testNotIPv6), "invalid"}[family]
	if l.Test != "" {
		test = pointLabels(l.Test, family)
	}
	if l.TestNot != "" {
		not = pointLabels(l.TestNot, family)
	}
	if not == "" {
		switch family {
		case familyIPv4:
			not = dnsq.Labels(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + j.Random(254))}))
		case familyIPv6:
			b := [16]byte{0x20, 0x01, 0x0d, 0xb8}
			for i := 8; i < 16; i++ {
				b[i] = byte(j.Random(256))
			}
			not = dnsq.Labels(netip.AddrFrom16(b))
		default:
			not = j.randomLabel() + ".example"
		}
	}
	return test, not
}

// pointLabels turns a test point of a list file into labels, "" for none.
func pointLabels(s string, family int) string {
	if s == none {
		return ""
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	if family == familyIPv6 {
		return dnsq.Labels(netip.AddrFrom16(a.As16()))
	}
	return dnsq.Labels(a.Unmap())
}

// randomLabel returns a name that nobody has registered.
func (j *job) randomLabel() string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	b := []byte("metriage-")
	for range 10 {
		b = append(b, letters[j.Random(len(letters))])
	}
	return string(b)
}

// listVerdict is what a list's answers come to.
type listVerdict struct {
	code   string
	codes  []string
	notes  []string
	format string
	args   []any
}

func verdict(code, format string, args ...any) listVerdict {
	return listVerdict{code: code, format: format, args: args}
}

// judge decides in the order of the design: transport error, refusal, health,
// undocumented answer, listed or clear.
func (l *listRun) judge(s subject, a dnsq.Answer, h health) listVerdict {
	read := l.read(a)
	// What the answer says counts without the positive test point, as long as
	// the list does not list everything.
	positive := len(read.listed) > 0
	for _, x := range []struct {
		a    dnsq.Answer
		what string
		skip bool
	}{{a, "", false}, {h.not, " to its self-test", false}, {h.test, " to its self-test", h.noTest || positive}} {
		if !x.skip && !x.a.Definite() {
			return l.lost(x.a, x.what)
		}
	}
	for _, x := range []dnsq.Answer{a, h.test, h.not} {
		if rd := l.read(x); x.Definite() && rd.refused != "" {
			return verdict("dnsbl-refused", "%s did not serve your resolver: %s.", l.Name, rd.refused)
		}
	}
	if bad := h.not.Addrs(); len(bad) > 0 && len(l.read(h.not).neutral) != len(bad) {
		return verdict("dnsbl-unhealthy", "%s lists what it must not list (%s), so its answers mean nothing: it is closed, parked, or your resolver makes answers up.", l.Name, addrList(bad))
	}
	if test := h.test.Addrs(); len(test) > 0 && slices.ContainsFunc(test, func(t netip.Addr) bool { return !loopbackNet.Contains(t) }) {
		return verdict("dnsbl-unhealthy", "%s answers its own test entry with %s, which no list does: it is parked, or your resolver makes answers up.", l.Name, addrList(test))
	}
	if !positive {
		switch {
		case h.noTest:
			return verdict("dnsbl-unhealthy", "%s has no test entry, so its silence proves nothing.", l.Name)
		case len(h.test.Addrs()) == 0:
			return verdict("dnsbl-unhealthy", "%s does not even list its own test entry, so its silence proves nothing.", l.Name)
		}
	}
	return l.conclude(s, read, h)
}

// conclude decides for a list whose answers count.
func (l *listRun) conclude(s subject, read reading, h health) listVerdict {
	switch {
	case len(read.listed) > 0 && l.Kind == KindAllow:
		v := verdict("dnsbl-clear", "%s knows %s as a good sender (%s).", l.Name, s, and(read.listed))
		v.codes = read.listed
		return v
	case len(read.listed) > 0:
		v := verdict("dnsbl-listed", "%s is listed on %s: %s.", s, l.Name, and(read.listed))
		v.codes = read.listed
		if h.noTest || len(h.test.Addrs()) == 0 {
			v.notes = append(v.notes, "The list's test entry did not answer, but the answer is one that it documents.")
		}
		if len(read.strange) > 0 {
			v.notes = append(v.notes, "It also answered "+and(read.strange)+", which it does not document.")
		}
		return v
	case len(read.strange) > 0:
		v := verdict("dnsbl-invalid-answer", "%s answered %s, which it does not document.", l.Name, and(read.strange))
		v.codes = read.strange
		return v
	}
	v := verdict("dnsbl-clear", "%s is not listed on %s.", s, l.Name)
	if l.Kind == KindAllow {
		v = verdict("dnsbl-clear", "%s does not know %s; that is no fault.", l.Name, s)
	}
	if len(read.neutral) > 0 {
		v.codes = read.neutral
		v.notes = append(v.notes, "It answered "+and(read.neutral)+", which is no listing.")
	}
	return v
}

// lost is the verdict for an answer that says nothing.
func (l *listRun) lost(a dnsq.Answer, what string) listVerdict {
	switch a.Outcome() {
	case dnsq.Refused:
		return verdict("dnsbl-refused", "%s refused to answer%s (REFUSED).", l.Name, what)
	case dnsq.ServFail, dnsq.Failed:
		return verdict("dnsbl-servfail", "%s could not be asked%s: the resolver answered %s.", l.Name, what, a.RcodeText())
	}
	return verdict("dnsbl-timeout", "%s gave no answer%s (%s).", l.Name, what, a.RcodeText())
}

// reading is a list's answer taken apart.
type reading struct {
	listed, neutral, strange []string // "127.0.0.3 CSS"
	refused                  string
}

func (l *listRun) read(a dnsq.Answer) reading {
	var rd reading
	addrs := a.Addrs()
	slices.SortFunc(addrs, netip.Addr.Compare)
	for i, ip := range addrs {
		if i == 20 {
			rd.strange = append(rd.strange, fmt.Sprintf("%d more answers", len(addrs)-i))
			break
		}
		m, words := l.means(ip)
		s := strings.TrimSpace(ip.String() + " " + words)
		switch m {
		case meansListed:
			rd.listed = append(rd.listed, s)
		case meansNeutral:
			rd.neutral = append(rd.neutral, s)
		case meansRefused:
			rd.refused = words + " (" + ip.String() + ")"
		default:
			rd.strange = append(rd.strange, s)
		}
	}
	return rd
}

// rewriting finds out whether the resolver answers names that do not exist,
// which looks as if every list listed everything. It asks once in a run and
// only where a list's answer lies outside 127/8.
func (j *job) rewriting(ctx context.Context, answers dnsq.Answer, h health) string {
	outside := func(a netip.Addr) bool { return !loopbackNet.Contains(a) }
	if !slices.ContainsFunc(slices.Concat(answers.Addrs(), h.test.Addrs(), h.not.Addrs()), outside) {
		return ""
	}
	j.rewrite.Do(func() {
		a := j.DNS.Ask(ctx, j.randomLabel()+".invalid", dns.TypeA)
		if len(a.Addrs()) > 0 {
			j.rewritten = fmt.Sprintf("Your resolver answers names that do not exist with %s. While it does, no block list can be read through it: use another resolver with --dns.", addrList(a.Addrs()))
			j.notes.add(j.rewritten)
		}
	})
	return j.rewritten
}
