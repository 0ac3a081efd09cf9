package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"metriage/diag"
)

const (
	// maxRefusable is how many commands one connection may have refused: where
	// MailEnable is told to, it bans an address after too many failed
	// recipients in one conversation (vendor article ME020417).
	maxRefusable = 3
	// maxSessions bounds the connections of one run; maxSessionsAll allows the
	// whole long tail.
	maxSessions    = 3
	maxSessionsAll = 16
)

// RelayWarning is what to say before the relay check is run: whose address
// could be banned by it. source is where the check will come from, if known.
func RelayWarning(source netip.Addr, allCases bool) string {
	who := "the address that this check comes from"
	if source.IsValid() {
		who = source.String()
	}
	n := maxSessions
	if allCases {
		n = maxSessionsAll
	}
	return fmt.Sprintf("The relay check opens up to %d connections, sends at most %d refusable commands on each and no mail. A MailEnable server that bans addresses after failed recipients could ban %s (ME-I0073, SMTP-DENY.TAB).", n, maxRefusable, who)
}

// relayRun is one relay check in progress.
type relayRun struct {
	*job
	r      *result
	host   string         // of the target, as named
	target netip.AddrPort // what is connected to
	conn   *smtpConn
	close  func()

	sessions, recipients int  // connections so far, recipients on this one
	refusals             int  // on earlier connections
	open                 bool // a transaction is under way
	sender               string
	spurned              map[string]smtpReply // senders that were refused at MAIL
	bannerHost           string
	source               netip.Addr

	tried []tried
	// broken says why it ended before all cases were tried; patient that it was
	// by our own choice.
	broken  string
	patient bool
}

// tried is a case and how it came out.
type tried struct {
	relayCase
	reply  smtpReply
	atMail bool // refused before the recipient was named
}

func (j *job) planRelay() []task {
	target := j.req.Target.Relay
	if target == "" {
		return []task{j.skipped(Relay, "The server to test is not known; name it with --target HOST:PORT. Test your own servers only.")}
	}
	t := single(Relay, target, func(ctx context.Context) []diag.Finding { return j.relay(ctx, target) })
	t.smtp = true
	return []task{t}
}

// relay checks whether the server relays for strangers. It says MAIL and RCPT
// only; nothing is ever sent.
func (j *job) relay(ctx context.Context, target string) []diag.Finding {
	r := j.result(Relay, target)
	host, port, err := splitHostPort(target)
	if err != nil {
		return r.end("relay-unreachable", "The target %s is not usable: %v.", target, err)
	}
	ip, err := j.resolve(ctx, r, host)
	if err != nil {
		return r.end("relay-unreachable", "%s has no address to connect to: %v.", host, err)
	}
	run := &relayRun{job: j, r: r, host: host, target: netip.AddrPortFrom(ip, port), spurned: map[string]smtpReply{}}
	defer run.hangUp()
	if f := run.begin(ctx); f != nil {
		return f
	}
	local, learned := j.localDomains(run.bannerHost)
	for _, c := range j.relayCases(local, run.bannerHost, ip) {
		if run.settled(c) {
			continue
		}
		if !run.try(ctx, c) {
			break
		}
	}
	run.hangUp()
	if learned {
		r.note("The local domain %s was taken from the banner; name others with --local-domain.", local[0])
	}
	return run.verdict(ctx, local)
}

// resolve returns the address of a host, asked through the check's own DNS.
func (j *job) resolve(ctx context.Context, r *result, host string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, nil
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	types := []uint16{dns.TypeA, dns.TypeAAAA}
	if s := j.req.Source; s.IsValid() {
		types = []uint16{addressType(s)}
	}
	why := "the DNS has none"
	for _, t := range types {
		a := j.DNS.Ask(ctx, host, t)
		r.saw(a)
		if list := a.Addrs(); len(list) > 0 {
			return list[0], nil
		}
		if !a.Definite() {
			why = unseen(a)
		}
	}
	return netip.Addr{}, errors.New(why)
}

// begin opens the first session; it returns a finding where that fails.
func (run *relayRun) begin(ctx context.Context) []diag.Finding {
	r, at := run.r, run.target
	reply, stage, err := run.dial(ctx)
	switch {
	case err != nil && stage == diag.StageConnect && run.conn == nil:
		return r.end("relay-unreachable", "No connection to %s: %s.", at, plain(err))
	case errors.Is(err, errNotSMTP), errors.Is(err, errEndless):
		return r.end("relay-unreachable", "What answers on %s is no mail server: %s.", at, plain(err))
	case err != nil:
		return r.end("relay-unreachable", "%s gave no reply to work with: %s.", at, plain(err))
	case reply.ok():
		return nil
	case stage == diag.StageHELO && reply.deferred():
		return r.end("relay-deferred", "%s put us off at EHLO: %s", at, reply.line())
	}
	run.banned(ctx)
	return r.end("relay-blocked", "%s refuses connections from here: %s", at, reply.line())
}

// plain puts an error of a session in words.
func plain(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return diag.Clean(err.Error())
}

// of returns how the cases of a kind came out.
func (run *relayRun) of(kind caseKind) (accepted, refused, deferred []tried) {
	for _, t := range run.tried {
		switch {
		case t.kind != kind:
		case t.reply.ok() && !t.atMail:
			accepted = append(accepted, t)
		case t.reply.refused():
			refused = append(refused, t)
		default:
			deferred = append(deferred, t)
		}
	}
	return accepted, refused, deferred
}

// settled reports whether what was tried decides already, so that c need not
// be tried.
func (run *relayRun) settled(c relayCase) bool {
	if len(run.tried) == 0 {
		return false
	}
	last := run.tried[len(run.tried)-1]
	control := last.kind == caseRandom || last.kind == caseMailbox
	if last.reply.deferred() && !control || wantsTLS(last.reply) {
		return true
	}
	for _, k := range []caseKind{caseExternal, caseNull, caseForged} {
		if a, _, _ := run.of(k); len(a) > 0 {
			// Proof. Only the random user is still asked, because a server that
			// takes everything proves nothing.
			return c.kind != caseRandom || slices.ContainsFunc(run.tried, func(t tried) bool { return t.kind == caseRandom })
		}
	}
	if a, _, _ := run.of(caseOdd); len(a) > 0 {
		return true
	}
	return false
}
