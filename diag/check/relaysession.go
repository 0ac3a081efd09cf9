package check

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
)

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
	most := maxSessions
	if run.req.AllCases {
		most = maxSessionsAll
	}
	if run.conn != nil && run.recipients < maxRefusable && run.conn.refusals < maxRefusable {
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
