package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

const (
	// maxRemoteHosts bounds the mail hosts of a remote domain that are tried.
	maxRemoteHosts = 2
	// remoteCooldown passes before the same remote host is connected to again.
	remoteCooldown = 10 * time.Minute
)

func (j *job) planRemote() []task {
	domain := diag.DomainKey(j.req.Target.Remote)
	if domain == "" && j.req.MX == "" {
		return []task{j.skipped(Remote, "The remote domain is not known; name it with --remote.")}
	}
	subject := domain
	if subject == "" {
		subject = j.req.MX
	}
	t := single(Remote, subject, func(ctx context.Context) []diag.Finding { return j.remote(ctx, domain, subject) })
	t.smtp = true
	return []task{t}
}

// remoteHost is one server that takes mail for a domain.
type remoteHost struct {
	name string
	at   netip.AddrPort
	mx   bool // found by MX: the cooldown counts
}

// remote finds out whether a domain's server still refuses us. It ends after
// EHLO, unless a recipient was given.
func (j *job) remote(ctx context.Context, domain, subject string) []diag.Finding {
	r := j.result(Remote, subject)
	hosts, done := j.remoteHosts(ctx, r, domain)
	if done != nil {
		return done
	}
	s := &remoteRun{job: j, r: r}
	tried, asked := 0, false
	for _, h := range hosts {
		if tried == maxRemoteHosts {
			break
		}
		tried++
		if h.mx && !h.at.Addr().IsLoopback() && j.Cooldown != nil {
			if again, ok := j.Cooldown.take("remote "+h.at.Addr().String(), j.Now(), remoteCooldown); !ok {
				return r.end("remote-skipped", "%s was asked less than %d minutes ago; ask it again after %s.", h.name, int(remoteCooldown.Minutes()), again.Local().Format("15:04"))
			}
		}
		asked = true
		if s.talk(ctx, h) {
			break
		}
	}
	if !asked {
		return r.end("remote-timeout", "No mail server of %s has an address to connect to.", subject)
	}
	return s.finish()
}

// remoteRun is one remote check in progress: where it stands is code, summary
// and arguments of the finding.
type remoteRun struct {
	*job
	r    *result
	host remoteHost
	code string
	text string
	args []any
}

// is sets what the finding says so far.
func (s *remoteRun) is(code, text string, args ...any) {
	s.code, s.text, s.args = code, text, args
}

// refusal sets the finding from a reply that refuses, judged with the
// classifier.
func (s *remoteRun) refusal(code string, reply smtpReply, stage diag.Stage, what string) {
	if reply.deferred() {
		code = "remote-deferred"
		what = strings.Replace(what, "refuses", "puts off", 1)
	}
	if s.Classify != nil {
		v := s.Classify(reply.text, stage)
		if v.Cause != "" && v.Cause != diag.CauseUnknown {
			n := "The reply reads as: " + v.Cause.Label()
			if v.Named != "" {
				n += " (" + v.Named + ")"
			}
			s.r.note("%s.", n)
			s.r.LookupURL = v.LookupURL
		}
		if stage == diag.StageRcpt && reply.refused() && v.Cause == diag.CauseRecipient {
			code = "remote-user-unknown"
		}
	} else if stage == diag.StageRcpt && reply.refused() && unknownUser(reply) {
		code = "remote-user-unknown"
	}
	if code == "remote-user-unknown" {
		s.is(code, "%s says that the recipient does not exist, so it does not block us: %s", s.host.name, reply.line())
		return
	}
	s.is(code, "%s %s: %s", s.host.name, what, reply.line())
}

// unknownUser reports a refusal of the recipient alone (RFC 3463: 5.1.1 and
// its kin), for want of a classifier.
func unknownUser(r smtpReply) bool {
	return r.mentions("5.1.1", "5.1.10", "user unknown", "unknown user", "no such user", "does not exist", "no mailbox")
}

// broke sets the finding from an error of the session.
func (s *remoteRun) broke(err error, where string) {
	switch {
	case errors.Is(err, errNotSMTP), errors.Is(err, errEndless):
		s.is("remote-not-smtp", "What answers at %s is no mail server: %s.", s.host.at, plain(err))
	case errors.Is(err, errClosed):
		s.is("remote-dropped", "%s closed the connection %s, without a word.", s.host.name, where)
	case errors.Is(err, errSilent):
		s.is("remote-timeout", "%s said nothing %s within the time limit.", s.host.name, where)
	default:
		s.is("remote-dropped", "The connection to %s ended %s: %s.", s.host.name, where, plain(err))
	}
}

// talk has one session and reports whether it decides; where it does not, the
// next server may be tried.
func (s *remoteRun) talk(ctx context.Context, h remoteHost) bool {
	s.host = h
	conn, hangUp, err := s.connect(ctx, h.at.String(), s.saw)
	if err != nil {
		var ne net.Error
		if errors.Is(err, errSilent) || errors.As(err, &ne) && ne.Timeout() || ctx.Err() != nil {
			s.is("remote-timeout", "No connection to %s (%s) within the time limit: a firewall on the way, or the server is down.", h.name, h.at)
		} else {
			s.is("remote-dropped", "No connection to %s (%s): %s.", h.name, h.at, plain(err))
		}
		return false
	}
	defer hangUp()
	defer conn.quit()
	s.vantage.set(conn.local(), netip.Addr{})
	s.waiting(Remote, s.r.Subject, "banner of "+h.name, s.Limits.Banner)
	b, err := conn.banner(s.Limits.Banner)
	if err != nil {
		s.broke(err, "before its banner")
		return errors.Is(err, errNotSMTP)
	}
	if !b.ok() {
		s.refusal("remote-rejects-connect", b, diag.StageConnect, "refuses our connection, before we said anything")
		return true
	}
	if strings.Contains(b.text, "***") {
		s.r.note("The banner is blanked out: a firewall on the way changes SMTP.")
	}
	if !s.hello(conn) {
		return true
	}
	if s.req.Rcpt == "" {
		s.is("remote-accepts", "%s greets us and accepts our HELO name: it does not refuse us at the connection.", h.name)
		s.r.note("What it decides later is not seen: name a recipient with --rcpt to go as far as RCPT.")
		return true
	}
	s.recipient(ctx, conn)
	return true
}

// hello introduces us; false where the session ends there.
func (s *remoteRun) hello(conn *smtpConn) bool {
	e, err := conn.hello(s.Limits.Command, s.ehloName(conn.local()))
	if err != nil {
		s.broke(err, "after EHLO")
		return false
	}
	if !e.ok() {
		s.refusal("remote-rejects-helo", e, diag.StageHELO, "refuses our HELO name")
		return false
	}
	if a := addressSeen(e); a.IsValid() {
		s.vantage.set(netip.Addr{}, a)
		if ips := s.ips(); len(ips) > 0 && !slices.Contains(ips, a) {
			s.r.note("%s sees us as %s, which is none of the sending addresses that are checked here (%s).", s.host.name, a, addrList(ips))
		}
	}
	return true
}

// recipient goes on to MAIL and RCPT, encrypted where the server offers it.
func (s *remoteRun) recipient(ctx context.Context, conn *smtpConn) {
	limit := s.Limits.Command
	s.r.note("What a server decides after DATA cannot be seen from here: Gmail refuses for PTR, SPF and content only then.")
	if conn.offers("STARTTLS") {
		if err := conn.encrypt(ctx, limit, s.host.name); err != nil {
			conn.over = true
			s.is("remote-dropped", "%s offers encryption, and it fails: %s.", s.host.name, plain(err))
			return
		}
		if !s.hello(conn) {
			return
		}
	}
	m, err := conn.send(limit, "MAIL", "<"+s.from()+">")
	switch {
	case err != nil:
		s.broke(err, "after MAIL")
		return
	case wantsTLS(m):
		s.is("remote-needs-tls", "%s takes mail over an encrypted session only, and offers none: %s", s.host.name, m.line())
		return
	case !m.ok():
		s.refusal("remote-rejects-mail", m, diag.StageMail, "refuses the sender <"+s.from()+">")
		return
	}
	a, err := conn.send(limit, "RCPT", "<"+s.req.Rcpt+">")
	switch {
	case err != nil:
		s.broke(err, "after RCPT")
	case !a.ok():
		s.refusal("remote-rejects-rcpt", a, diag.StageRcpt, "refuses mail for <"+s.req.Rcpt+">")
	default:
		s.is("remote-accepts", "%s takes mail from <%s> for <%s>, as far as can be seen before DATA.", s.host.name, s.from(), s.req.Rcpt)
		_, _ = conn.send(limit, "RSET", "")
	}
}

// from is the envelope sender of the test.
func (s *remoteRun) from() string {
	if s.req.From == "<>" {
		return ""
	}
	if s.req.From != "" {
		return s.req.From
	}
	if d := s.domains(); len(d) > 0 {
		return "postmaster@" + d[0]
	}
	return ""
}

func (s *remoteRun) saw(e diag.Evidence) {
	if len(s.r.Evidence) < maxEvidence {
		s.r.Evidence = append(s.r.Evidence, e)
	}
}

func (s *remoteRun) finish() []diag.Finding { return s.r.end(s.code, s.text, s.args...) }
