package check

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// scripted is a dialer whose servers answer with the parts of a script, one
// each time the client reads, and keep what was sent. Nothing waits: a client
// that reads on without having sent anything gets the next part, and the end
// after the last one.
type scripted struct {
	parts []string

	mu   sync.Mutex
	sent []string
	open int
}

func (s *scripted) dial(context.Context, netip.Addr, string, string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return &scriptedConn{script: s, parts: s.parts}, nil
}

// scriptedConn is one connection to a scripted server.
type scriptedConn struct {
	script *scripted
	parts  []string
	rest   string // of the part that is being read
	line   string // of what was sent, up to the next end of line
}

func (c *scriptedConn) Read(b []byte) (int, error) {
	for c.rest == "" {
		if len(c.parts) == 0 {
			return 0, io.EOF
		}
		c.rest, c.parts = c.parts[0], c.parts[1:]
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *scriptedConn) Write(b []byte) (int, error) {
	c.script.mu.Lock()
	defer c.script.mu.Unlock()
	c.line += string(b)
	for {
		line, rest, ok := strings.Cut(c.line, "\n")
		if !ok {
			return len(b), nil
		}
		c.script.sent = append(c.script.sent, line+"\n")
		c.line = rest
	}
}

func (c *scriptedConn) Close() error { return nil }
func (c *scriptedConn) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000}
}
func (c *scriptedConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25}
}
func (c *scriptedConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptedConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptedConn) SetWriteDeadline(time.Time) error { return nil }

// FuzzSession plays whole sessions: whatever a server says, the relay and the
// remote check send only what a check may send, on few connections, and their
// findings are harmless, known codes with words.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		"220 mx.example ESMTP\r\n|250-mx.example\r\n250 SIZE\r\n|250 ok\r\n|554 5.7.1 relay denied\r\n|250 ok\r\n|221 bye\r\n",
		"554 5.7.1 blocked\r\n", "220-a\r\n220 b\r\n|500 what\r\n|250 mx\r\n|250 ok\r\n|250 ok\r\n|250 ok\r\n|221 bye\r\n", "421 busy\r\n", "220 mx\r\n|421 no\r\n",
		"220 mx\r\n|250-mx\r\n250 STARTTLS\r\n|530 5.7.0 must issue STARTTLS\r\n|454 no TLS\r\n", "HTTP/1.1 400 no\r\n", "220 \x1b]52;c;UFdORA==\x07\r\n|250 \u202e\r\n|250\r\n|550-a\r\n551 b\r\n",
		"220 mx\r\n|250 mx\r\n|250 ok\r\n|450 4.2.0 greylisted\r\n", "220 mx\r\n|250-x\r\n250-[198.51.100.7]\r\n250 z\r\n|250 ok\r\n|503 5.5.1 This mail server requires authentication\r\n", "220 mx\r\n220 mx\r\n|250",
	} {
		f.Add(s)
	}
	list := Lists()
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 8<<10 || strings.Count(script, "|") > 60 {
			return
		}
		s := &scripted{parts: strings.Split(script, "|")}
		r, err := New(Options{DNS: dnsq.New(dnsq.Options{Servers: []string{"127.0.0.1:1"}}), Dial: s.dial, Random: func(int) int { return 1 }, Lists: list, Limits: Limits{Pace: -1, DNS: 10 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		run := r.Run(t.Context(), Request{
			Words: []string{Relay, Remote}, MX: "127.0.0.1:26", From: "a@ours.example", Rcpt: "b@theirs.example", AllCases: true,
			Target: diag.Target{Relay: "127.0.0.1:25", HELO: "mail.ours.example", Remote: "theirs.example", Domains: []string{"ours.example"}},
		}, nil)
		for _, line := range s.sent {
			verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if !slices.Contains(verbs[:], verb) || strings.Count(line, "\n") != 1 || diag.Clean(strings.TrimSuffix(line, "\r\n")) != strings.TrimSuffix(line, "\r\n") {
				t.Fatalf("sent %q", line)
			}
		}
		if s.open > maxSessionsAll+4 {
			t.Errorf("%d connections", s.open)
		}
		if len(run.Findings) == 0 {
			t.Error("no finding")
		}
		for _, f := range run.Findings {
			if f.Code == "" || f.Summary == "" || f.Status == diag.StatusPass && f.Code != "relay-closed" && f.Code != "remote-accepts" {
				t.Errorf("%+v", f)
			}
			texts := append([]string{f.Code, f.Summary, f.Subject}, f.Notes...)
			for _, e := range f.Evidence {
				texts = append(texts, e.Query, e.Answer, e.Rcode, e.Server)
			}
			for _, x := range texts {
				if diag.Clean(x) != x || len(x) > 8<<10 {
					t.Errorf("%.200q (%d bytes)", x, len(x))
				}
			}
		}
	})
}
