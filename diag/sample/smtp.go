package sample

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// SMTP is a scripted SMTP server on one free port of 127.0.0.1. It takes no
// mail: its transcript shows what a client sent, and Forbidden what a check
// must never send.
type SMTP struct {
	listener net.Listener
	stop     chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	script   Script
	sessions []*Session
	conns    map[net.Conn]bool
	closed   bool
}

// Script is how an SMTP server behaves. The zero value greets and accepts
// everything up to RCPT.
type Script struct {
	// Banner is sent as it is, line breaks included; "" is a plain greeting.
	Banner string
	// Delay passes before the banner.
	Delay time.Duration
	// Silent never speaks, Hangup closes before the banner, Close after it.
	Silent, Hangup, Close bool
	// Endless sends banner lines without end.
	Endless bool
	// Replies are the answers by verb ("RCPT"), as they are; "" drops the
	// connection. A reply that begins with 421 closes it.
	Replies map[string]string
	// ReplyDelay passes before every reply.
	ReplyDelay time.Duration
	// STARTTLS is offered and done with a certificate made for the purpose.
	STARTTLS bool
	// NeedTLS refuses MAIL with 530 until the session is encrypted.
	NeedTLS bool
	// Host is the name in greetings, "mx.remote.test" where empty.
	Host string
	// Relay decides recipients; "" accepts all.
	Relay Relay
	// Local are the domains the server takes mail for, Users the local parts
	// that it knows there; without any it takes every local part.
	Local []string
	Users []string
	// Trusted are the client addresses for which Relay trusts.
	Trusted []netip.Prefix
	// MaxRefused bans the client after so many refused recipients in one
	// session, as MailEnable can (ME-I0073): from then on it is refused with 530
	// at the banner. 0 never does.
	MaxRefused int
}

// Relay is how a server decides about recipients.
type Relay string

// The relay behaviours. Recipients at local domains are taken where the user
// exists in all of them but RelayAuth.
const (
	RelayOpen       Relay = "open"        // anyone to anyone
	RelayClosed     Relay = "closed"      // local recipients only
	RelayTrusts     Relay = "trusts"      // anyone to anyone from trusted addresses
	RelayForged     Relay = "forged"      // a sender at a local domain to anyone
	RelayCatchAll   Relay = "catch-all"   // odd forms and all local parts are taken for local
	RelayEverything Relay = "everything"  // RCPT is always accepted, unknown local users too
	RelayAuth       Relay = "auth"        // nothing without authentication, at RCPT
	RelayAuthMail   Relay = "auth-mail"   // nothing without authentication, at MAIL
	RelayPercent    Relay = "percent"     // user%domain@local is relayed
	RelayNullSender Relay = "null-sender" // the null sender to anyone
)

// Session is one connection and what was said on it.
type Session struct {
	From     netip.AddrPort
	Commands []string // as sent, at most 500 bytes each
	Replies  []string // the reply to each command, without the last line break
	TLS      bool
	Quit     bool
}

// NewSMTP starts a server with s.
func NewSMTP(s Script) (*SMTP, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sample SMTP server: %w", err)
	}
	srv := &SMTP{listener: l, stop: make(chan struct{}), script: s, conns: map[net.Conn]bool{}}
	srv.running.Go(srv.accept)
	return srv, nil
}

// Addr returns the host and port of the server.
func (s *SMTP) Addr() string { return s.listener.Addr().String() }

// SetScript changes the behaviour from the next connection on.
func (s *SMTP) SetScript(script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Close ends the server and every session and waits for them.
func (s *SMTP) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.stop)
	err := s.listener.Close()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	return err
}

// Sessions returns a copy of the transcript, oldest session first.
func (s *SMTP) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Session, len(s.sessions))
	for i, x := range s.sessions {
		out[i] = *x
		out[i].Commands = slices.Clone(x.Commands)
		out[i].Replies = slices.Clone(x.Replies)
	}
	return out
}

// forbidden are the verbs that no check may send: they would deliver mail,
// try passwords or harvest addresses.
var forbidden = [...]string{"DATA", "BDAT", "AUTH", "VRFY", "EXPN"}

// Forbidden returns every command seen with one of the verbs DATA, BDAT, AUTH,
// VRFY and EXPN.
func (s *SMTP) Forbidden() []string {
	var out []string
	for _, x := range s.Sessions() {
		for _, c := range x.Commands {
			if slices.Contains(forbidden[:], verb(c)) {
				out = append(out, c)
			}
		}
	}
	return out
}

// MostRefused returns the highest number of commands that one session had
// refused with a 5yz reply.
func (s *SMTP) MostRefused() int {
	most := 0
	for _, x := range s.Sessions() {
		n := 0
		for _, r := range x.Replies {
			if strings.HasPrefix(r, "5") {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func (s *SMTP) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = true
		x := &Session{}
		if a, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
			x.From = a
		}
		s.sessions = append(s.sessions, x)
		script := s.script
		s.mu.Unlock()
		s.running.Go(func() {
			t := &talk{srv: s, script: script, session: x, conn: c}
			t.run()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
			c.Close()
		})
	}
}
