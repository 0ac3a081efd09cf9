package check

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// spoken returns a session whose server has said text and closed.
func spoken(t testing.TB, text string) *smtpConn {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	go func() {
		_, _ = io.WriteString(server, text)
		server.Close()
	}()
	return &smtpConn{conn: client, in: bufio.NewReaderSize(client, 4096), now: time.Now, saw: func(diag.Evidence) {}}
}

func TestReadReply(t *testing.T) {
	long := strings.Repeat("x", 6000)
	for name, c := range map[string]struct {
		text  string
		code  int
		lines []string
		err   error
	}{
		"plain":              {"220 mx ESMTP\r\n", 220, []string{"mx ESMTP"}, nil},
		"code alone":         {"250\r\n", 250, []string{""}, nil},
		"several lines":      {"250-a\r\n250-b\r\n250 c\r\n", 250, []string{"a", "b", "c"}, nil},
		"bare line feeds":    {"250-a\n250 c\n", 250, []string{"a", "c"}, nil},
		"no end of line":     {"554 go away", 554, []string{"go away"}, nil},
		"a long line":        {"220 " + long + "\r\n", 220, []string{long[:maxLineKept-4]}, nil},
		"escape sequences":   {"554 \x1b[2J\u202e\x07\r\n", 554, []string{"?[2J??"}, nil},
		"nothing":            {"", 0, nil, errClosed},
		"HTTP":               {"HTTP/1.1 400 Bad Request\r\n\r\n", 0, nil, errNotSMTP},
		"a code too small":   {"100 x\r\n", 0, nil, errNotSMTP},
		"no blank":           {"220x\r\n", 0, nil, errNotSMTP},
		"codes that differ":  {"250-a\r\n550 b\r\n", 250, []string{"a"}, errNotSMTP},
		"broken off":         {"250-a\r\n", 250, []string{"a"}, errClosed},
		"no end":             {strings.Repeat("220-x\r\n", maxLines+10), 220, nil, errEndless},
		"a line without end": {strings.Repeat("2", maxLine+8192), 0, nil, errEndless},
	} {
		r, err := spoken(t, c.text).banner(5 * time.Second)
		if !errors.Is(err, c.err) || r.code != c.code || c.lines != nil && !slices.Equal(r.lines, c.lines) {
			t.Errorf("%s: %d %.80q, %v; want %d %.80q, %v", name, r.code, r.lines, err, c.code, c.lines, c.err)
		}
		if s := r.line(); diag.Clean(s) != s || len(s) > 700 {
			t.Errorf("%s: shown as %.100q", name, s)
		}
	}
}

// No mistake can send what a check must not send, or more than one line.
func TestSendRefuses(t *testing.T) {
	s := smtpServer(t, sample.Script{})
	r := runner(t, Options{})
	j := &job{Options: r.o}
	c, hangUp, err := j.connect(t.Context(), s.Addr(), func(diag.Evidence) {})
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp()
	if _, err := c.banner(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range [][2]string{{"DATA", ""}, {"BDAT", "0 LAST"}, {"AUTH", "LOGIN"}, {"VRFY", "x"}, {"EXPN", "x"}, {"EHLO", "x\r\nDATA"}, {"RCPT", "<a@b>\nDATA"}} {
		if _, err := c.send(time.Second, cmd[0], cmd[1]); err == nil {
			t.Errorf("%q was sent", cmd)
		}
	}
	c.quit()
	if got := s.Sessions()[0].Commands; !slices.Equal(got, []string{"QUIT"}) {
		t.Errorf("sent %q", got)
	}
}

// The silence of a server ends with the time limit, and with the context.
func TestSilence(t *testing.T) {
	s := smtpServer(t, persona(t, "silent"))
	j := &job{Options: runner(t, Options{}).o}
	ctx, cancel := context.WithCancel(t.Context())
	c, hangUp, err := j.connect(ctx, s.Addr(), func(diag.Evidence) {})
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp()
	if _, err := c.banner(20 * time.Millisecond); !errors.Is(err, errSilent) {
		t.Errorf("%v", err)
	}
	done := make(chan error)
	go func() {
		_, err := c.banner(time.Hour)
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a cancelled wait gave a banner")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the wait goes on")
	}
}

func TestAddressSeen(t *testing.T) {
	for text, want := range map[string]string{
		"mx.google.com at your service, [198.51.100.10]":           "198.51.100.10",
		"mx.google.com at your service, [2001:db8::25]":            "2001:db8::25",
		"mail.example Hello mail.example.test [IPv6:2001:db8::25]": "2001:db8::25",
		"mail.example Hello x (198.51.100.10), pleased":            "198.51.100.10",
		"mail.example Hello [999.1.1.1]":                           "",
		"mail.example":                                             "",
	} {
		got := addressSeen(smtpReply{lines: []string{text}})
		if want == "" && got.IsValid() || want != "" && got != netip.MustParseAddr(want) {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	if addressSeen(smtpReply{}).IsValid() {
		t.Error("an address out of nothing")
	}
}

func TestSplitHostPort(t *testing.T) {
	for in, want := range map[string]string{
		"mail.example.com:2525": "mail.example.com 2525", "mail.example.com": "mail.example.com 25", "192.0.2.1": "192.0.2.1 25",
		"192.0.2.1:26": "192.0.2.1 26", "[2001:db8::1]:26": "2001:db8::1 26", "2001:db8::1": "2001:db8::1 25", "[2001:db8::1]": "",
		"x:0": "", "x:99999": "", "x:y": "", ":25": "", "a b:25": "", "": "",
	} {
		h, p, err := splitHostPort(in)
		got := ""
		if err == nil {
			got = h + " " + netip.AddrPortFrom(netip.IPv4Unspecified(), p).String()[len("0.0.0.0:"):]
		}
		if got != want {
			t.Errorf("%q: %q (%v), want %q", in, got, err, want)
		}
	}
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{"220 mx ESMTP\r\n", "250-a\r\n250 b\r\n", "HTTP/1.1\r\n", "220-\x1b[2J\n220 \u202e", "554"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := spoken(t, text).banner(10 * time.Second)
		if errors.Is(err, errSilent) {
			t.Errorf("%q is waited for", text)
		}
		if s := r.line(); diag.Clean(s) != s {
			t.Errorf("%q is not clean", s)
		}
		for _, l := range r.lines {
			if diag.Clean(l) != l {
				t.Errorf("%q is not clean", l)
			}
		}
		addressSeen(r)
		wantsTLS(r)
	})
}
