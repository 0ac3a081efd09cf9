package check

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Bounds of one reply: how much of a line is kept, how long a line and how
// many lines are read before the other side is taken for something else.
const (
	maxLineKept = 2000
	maxLine     = 64 << 10
	maxLines    = 100
)

// What can go wrong in a session, beside errors of the connection.
var (
	errNotSMTP = errors.New("what came is not SMTP")
	errEndless = errors.New("the reply has no end")
	errClosed  = errors.New("the server closed the connection")
	errSilent  = errors.New("nothing came within the time limit")
)

// smtpReply is one reply of a server.
type smtpReply struct {
	code  int
	lines []string // cleaned, without code
	text  string   // all lines with their codes, as they came
}

// ok reports a 2yz reply.
func (r smtpReply) ok() bool { return r.code/100 == 2 }

// refused reports a final refusal, deferred one for now.
func (r smtpReply) refused() bool  { return r.code/100 == 5 }
func (r smtpReply) deferred() bool { return r.code/100 == 4 }

// line is the reply on one line, cleaned.
func (r smtpReply) line() string { return diag.Clean(cut(r.text, 600)) }

// mentions reports whether the reply holds one of the words, in any case.
func (r smtpReply) mentions(words ...string) bool {
	t := strings.ToLower(r.text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t, w) })
}

// smtpConn is one session as a client. It can send only what checks may send.
type smtpConn struct {
	conn     net.Conn
	in       *bufio.Reader
	now      func() time.Time
	server   string
	refusals int // commands that this connection had refused
	saw      func(diag.Evidence)
	caps     []string
	tls      *tls.ConnectionState
	greeting string // first word of the EHLO or HELO reply
	over     bool   // nothing more is to be said
}

// verbs are what a check may send. DATA, BDAT, AUTH, VRFY and EXPN are not
// among them, so no mistake elsewhere can send them.
var verbs = [...]string{"EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "RSET", "QUIT"}

// connect opens a session and ends it with ctx. address is host:port with an
// address as host.
func (j *job) connect(ctx context.Context, address string, saw func(diag.Evidence)) (*smtpConn, func(), error) {
	dctx, cancel := context.WithTimeout(ctx, j.Limits.Dial)
	defer cancel()
	begin := j.Now()
	nc, err := j.Dial(dctx, j.req.Source, "tcp", address)
	if err != nil {
		if dctx.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no connection within %s: %w", j.Limits.Dial, errSilent)
		}
		saw(diag.Evidence{Query: "connect", Answer: diag.Clean(err.Error()), Server: address, Took: j.Now().Sub(begin)})
		return nil, nil, err
	}
	c := &smtpConn{conn: nc, in: bufio.NewReaderSize(nc, 4096), now: j.Now, server: address, saw: saw}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	return c, func() { stop(); nc.Close() }, nil
}

// local is the own end of the connection.
func (c *smtpConn) local() netip.Addr {
	a := c.conn.LocalAddr()
	if a == nil {
		return netip.Addr{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// banner waits for the greeting.
func (c *smtpConn) banner(limit time.Duration) (smtpReply, error) {
	return c.read("banner", limit)
}

// send sends a command and waits for its reply.
func (c *smtpConn) send(limit time.Duration, verb, args string) (smtpReply, error) {
	if !slices.Contains(verbs[:], verb) || strings.ContainsAny(args, "\r\n") {
		return smtpReply{}, fmt.Errorf("%s is no command of a check", diag.Clean(verb))
	}
	line := verb
	if args != "" {
		sep := " "
		if verb == "MAIL" || verb == "RCPT" {
			sep = map[string]string{"MAIL": " FROM:", "RCPT": " TO:"}[verb]
		}
		line += sep + args
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
		err = c.why(err)
		c.saw(diag.Evidence{Query: diag.Clean(line), Answer: diag.Clean(err.Error()), Server: c.server})
		return smtpReply{}, err
	}
	r, err := c.read(diag.Clean(line), limit)
	if err == nil && r.refused() {
		c.refusals++
	}
	return r, err
}

// read reads one reply, within the bounds.
func (c *smtpConn) read(query string, limit time.Duration) (smtpReply, error) {
	begin := c.now()
	_ = c.conn.SetReadDeadline(time.Now().Add(limit))
	r, err := c.lines()
	c.over = err != nil
	e := diag.Evidence{Query: query, Answer: r.line(), Server: c.server, Took: c.now().Sub(begin)}
	if err != nil {
		if e.Answer == "" {
			e.Answer = diag.Clean(err.Error())
		}
	} else {
		e.Rcode, e.Answer = fmt.Sprintf("%03d", r.code), diag.Clean(cut(strings.Join(r.lines, " / "), 600))
	}
	c.saw(e)
	return r, err
}

func (c *smtpConn) lines() (smtpReply, error) {
	var r smtpReply
	var text strings.Builder
	for n := 0; ; n++ {
		l, err := c.line()
		if err != nil {
			r.text = text.String()
			return r, err
		}
		if n > 0 {
			text.WriteString("\n")
		}
		text.WriteString(l)
		code, rest, more, ok := parseReplyLine(l)
		if !ok || n > 0 && code != r.code {
			r.text = text.String()
			return r, errNotSMTP
		}
		r.code = code
		r.lines = append(r.lines, diag.Clean(rest))
		if !more {
			r.text = text.String()
			return r, nil
		}
		if n >= maxLines {
			r.text = text.String()
			return r, errEndless
		}
	}
}

// parseReplyLine takes one line of a reply apart (RFC 5321 section 4.2).
func parseReplyLine(l string) (code int, rest string, more, ok bool) {
	if len(l) < 3 {
		return 0, "", false, false
	}
	for i := range 3 {
		if l[i] < '0' || l[i] > '9' {
			return 0, "", false, false
		}
		code = code*10 + int(l[i]-'0')
	}
	if code < 200 || code > 599 {
		return 0, "", false, false
	}
	if len(l) == 3 {
		return code, "", false, true
	}
	if l[3] != ' ' && l[3] != '-' {
		return 0, "", false, false
	}
	return code, l[4:], l[3] == '-', true
}

// line reads one line and keeps its beginning.
func (c *smtpConn) line() (string, error) {
	var out []byte
	total := 0
	for {
		part, err := c.in.ReadSlice('\n')
		total += len(part)
		if room := maxLineKept - len(out); room > 0 {
			out = append(out, part[:min(room, len(part))]...)
		}
		switch {
		case err == nil:
			return strings.TrimRight(string(out), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			if total > 0 && errors.Is(err, io.EOF) {
				return strings.TrimRight(string(out), "\r\n"), nil
			}
			return "", c.why(err)
		case total > maxLine:
			return string(out), errEndless
		}
	}
}

// why turns an error of the connection into what it means.
func (c *smtpConn) why(err error) error {
	var ne net.Error
	switch {
	case errors.As(err, &ne) && ne.Timeout():
		return errSilent
	case errors.Is(err, io.EOF), strings.Contains(err.Error(), "reset by peer"), strings.Contains(err.Error(), "broken pipe"),
		strings.Contains(err.Error(), "forcibly closed"), strings.Contains(err.Error(), "aborted by"):
		return errClosed
	}
	return err
}

// hello introduces the client, with HELO where EHLO is not known.
func (c *smtpConn) hello(limit time.Duration, name string) (smtpReply, error) {
	r, err := c.send(limit, "EHLO", name)
	if err == nil && r.refused() {
		first := r
		r, err = c.send(limit, "HELO", name)
		if err == nil && r.refused() && first.code != 500 && first.code != 502 {
			r = first
		}
	}
	if err == nil && r.ok() {
		c.caps = nil
		for i, l := range r.lines {
			word, _, _ := strings.Cut(l, " ")
			if i == 0 {
				c.greeting = word
			} else {
				c.caps = append(c.caps, strings.ToUpper(word))
			}
		}
	}
	return r, err
}

// offers reports whether the EHLO reply names a capability.
func (c *smtpConn) offers(capability string) bool { return slices.Contains(c.caps, capability) }

// encrypt does STARTTLS. Whether the certificate is good is not judged: mail is
// delivered without that as well.
func (c *smtpConn) encrypt(ctx context.Context, limit time.Duration, host string) error {
	r, err := c.send(limit, "STARTTLS", "")
	if err != nil {
		return err
	}
	if !r.ok() {
		return fmt.Errorf("STARTTLS was answered %s", r.line())
	}
	// What came before the handshake was not protected (RFC 3207 section 4.2).
	if c.in.Buffered() > 0 {
		return errors.New("the server spoke before the encryption began")
	}
	conf := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if _, err := netip.ParseAddr(host); err != nil {
		conf.ServerName = host
	}
	t := tls.Client(c.conn, conf)
	hctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_ = c.conn.SetDeadline(time.Time{})
	if err := t.HandshakeContext(hctx); err != nil {
		c.saw(diag.Evidence{Query: "TLS handshake", Answer: diag.Clean(err.Error()), Server: c.server})
		return fmt.Errorf("the TLS handshake failed: %w", err)
	}
	state := t.ConnectionState()
	c.conn, c.in, c.tls = t, bufio.NewReaderSize(t, 4096), &state
	return nil
}

// quit ends the session politely; lists of bad clients watch for it.
func (c *smtpConn) quit() {
	if c.over {
		return
	}
	_, _ = c.send(5*time.Second, "QUIT", "")
}
