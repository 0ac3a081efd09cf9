package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"metriage/diag"
)

const (
	// maxRefusable is how many commands one connection may have refused: where
	// MailEnable is told to, it bans an address after too many failed
	// recipients in one conversation (vendor article ME020417).
	maxRefusable = 3
	// maxRecipients bounds a connection of the long tail, maxSessions the
	// connections of one run.
	maxRecipients = 10
	maxSessions   = 3
	// maxSessionsAll allows the whole long tail.
	maxSessionsAll = 5
)

// RelayWarning is what to say before the relay check is run: whose address
// could be banned by it. source is where the check will come from, if known.
func RelayWarning(source netip.Addr, allCases bool) string {
	who := "the address that this check comes from"
	if source.IsValid() {
		who = source.String()
	}
	n := fmt.Sprintf("at most %d refusable commands on each connection", maxRefusable)
	if allCases {
		n = fmt.Sprintf("up to %d recipients on each connection", maxRecipients)
	}
	return fmt.Sprintf("The relay check sends %s and no mail. A MailEnable server that bans addresses after failed recipients could ban %s (ME-I0073, SMTP-DENY.TAB).", n, who)
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

// dial opens a session as far as EHLO and returns the reply that decided.
func (run *relayRun) dial(ctx context.Context) (smtpReply, diag.Stage, error) {
	run.hangUp()
	run.sessions++
	conn, closeConn, err := run.connect(ctx, run.target.String(), run.saw)
	if err != nil {
		return smtpReply{}, diag.StageConnect, err
	}
	run.conn, run.close, run.recipients, run.open = conn, closeConn, 0, false
	run.source = conn.local()
	run.vantage.set(run.source, netip.Addr{})
	b, err := conn.banner(run.Limits.Banner)
	if err != nil || !b.ok() {
		return b, diag.StageConnect, err
	}
	run.bannerHost, _, _ = strings.Cut(b.lines[len(b.lines)-1], " ")
	if !strings.Contains(run.bannerHost, ".") {
		run.bannerHost, _, _ = strings.Cut(b.lines[0], " ")
	}
	h, err := run.greet(ctx)
	if err == nil && h.ok() && !strings.Contains(run.bannerHost, ".") {
		run.bannerHost = conn.greeting
	}
	return h, diag.StageHELO, err
}

// greet says EHLO with the own HELO name, or with an address literal (RFC 5321
// section 4.1.4) where there is none.
func (run *relayRun) greet(context.Context) (smtpReply, error) {
	return run.conn.hello(run.Limits.Command, run.ehloName(run.source))
}

// ehloName is the name that checks introduce themselves with.
func (j *job) ehloName(source netip.Addr) string {
	if h := diag.DomainKey(j.req.Target.HELO); notPublic(h) == "" {
		return h
	}
	if source.Is6() {
		return "[IPv6:" + source.String() + "]"
	}
	if source.Is4() {
		return "[" + source.String() + "]"
	}
	return "localhost"
}

func (run *relayRun) saw(e diag.Evidence) {
	if len(run.r.Evidence) < maxEvidence {
		run.r.Evidence = append(run.r.Evidence, e)
	}
}

// hangUp ends the session politely, if there is one.
func (run *relayRun) hangUp() {
	if run.conn == nil {
		return
	}
	run.refusals += run.conn.refusals
	run.conn.quit()
	run.close()
	run.conn = nil
}

// room makes sure that a session has room for one more recipient.
func (run *relayRun) room(ctx context.Context) bool {
	full, most := maxRefusable, maxSessions
	if run.req.AllCases {
		full, most = maxRecipients, maxSessionsAll
	}
	if run.conn != nil && run.recipients < full && (run.req.AllCases || run.conn.refusals < maxRefusable) {
		return true
	}
	if run.sessions >= most {
		run.broken, run.patient = "the rest was left out so as not to try the server's patience", true
		return false
	}
	reply, _, err := run.dial(ctx)
	if err == nil && reply.ok() {
		return true
	}
	run.broken = "the server did not take a further connection (" + plainOr(err, reply) + ")"
	return false
}

func plainOr(err error, reply smtpReply) string {
	if err != nil {
		return plain(err)
	}
	return reply.line()
}

// try tries one case and reports whether to go on.
func (run *relayRun) try(ctx context.Context, c relayCase) bool {
	if reply, ok := run.spurned[c.from]; ok {
		run.tried = append(run.tried, tried{c, reply, true})
		return true
	}
	if !run.room(ctx) || !run.pause(ctx) {
		return false
	}
	reply, atMail, err := run.say(ctx, c)
	switch {
	case err != nil:
		run.broken = "the session broke off (" + plain(err) + ")"
		return false
	case reply.code == 421:
		run.tried = append(run.tried, tried{c, reply, atMail})
		run.broken = "the server closed the session (" + reply.line() + ")"
		return false
	case atMail && reply.refused():
		run.spurned[c.from] = reply
	}
	run.tried = append(run.tried, tried{c, reply, atMail})
	return true
}

// pause keeps the pace; it reports whether ctx still lasts.
func (run *relayRun) pause(ctx context.Context) bool {
	if len(run.tried) == 0 || run.Limits.Pace <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(run.Limits.Pace)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// say sends MAIL, where the sender changes, and RCPT.
func (run *relayRun) say(ctx context.Context, c relayCase) (reply smtpReply, atMail bool, err error) {
	limit := run.Limits.Command
	if !run.open || run.sender != c.from {
		if run.open {
			if _, err := run.conn.send(limit, "RSET", ""); err != nil {
				return reply, true, err
			}
			run.open = false
		}
		reply, err = run.conn.send(limit, "MAIL", "<"+c.from+">")
		if err == nil && wantsTLS(reply) && run.conn.offers("STARTTLS") && run.conn.tls == nil {
			if err = run.conn.encrypt(ctx, limit, run.host); err == nil {
				if _, err = run.greet(ctx); err == nil {
					reply, err = run.conn.send(limit, "MAIL", "<"+c.from+">")
				}
			}
		}
		if err != nil || !reply.ok() {
			run.recipients++
			return reply, true, err
		}
		run.open, run.sender = true, c.from
	}
	run.recipients++
	reply, err = run.conn.send(limit, "RCPT", "<"+c.rcpt+">")
	return reply, false, err
}

// wantsTLS reports whether a server refuses to go on without encryption (RFC
// 3207 section 4).
func wantsTLS(r smtpReply) bool {
	return (r.code == 530 || r.code == 523 || r.code == 550 || r.code == 454) && r.mentions("starttls", "must issue", "encryption required", "tls required")
}

// hostPort is the target as it is written in a command.
func (run *relayRun) hostPort() (string, string) {
	return run.target.Addr().String(), strconv.Itoa(int(run.target.Port()))
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
