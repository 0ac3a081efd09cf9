package sample

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"time"
)

// talk is one running session.
type talk struct {
	srv     *SMTP
	script  Script
	session *Session
	conn    net.Conn
	in      *bufio.Reader
	sender  string
	refused int
}

// sleep waits for d and reports whether the server still runs.
func (t *talk) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.srv.stop:
		return false
	}
}

func (t *talk) host() string {
	if t.script.Host != "" {
		return t.script.Host
	}
	return "mx.remote.test"
}

func (t *talk) send(s string) bool {
	_ = t.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := io.WriteString(t.conn, s)
	return err == nil
}

func (t *talk) run() {
	sc := t.script
	if sc.Hangup || !t.sleep(sc.Delay) {
		return
	}
	t.in = bufio.NewReaderSize(t.conn, 4096)
	if sc.Silent {
		_, _ = io.Copy(io.Discard, t.in) // until the client gives up or the server closes
		return
	}
	for sc.Endless {
		if !t.send("220-" + strings.Repeat("x", 70) + "\r\n") {
			return
		}
	}
	banner := sc.Banner
	if banner == "" {
		banner = "220 " + t.host() + " ESMTP\r\n"
	}
	if !t.send(banner) || sc.Close {
		return
	}
	for {
		line, err := t.in.ReadString('\n')
		if err != nil || len(line) > 4096 {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		reply := t.reply(line)
		t.note(line, reply)
		if reply == "" || !t.sleep(sc.ReplyDelay) || !t.send(reply) {
			return
		}
		v := verb(line)
		if strings.HasPrefix(reply, "421") || v == "QUIT" {
			return
		}
		if v == "STARTTLS" && strings.HasPrefix(reply, "220") && !t.encrypt() {
			return
		}
	}
}

func (t *talk) note(line, reply string) {
	t.srv.mu.Lock()
	defer t.srv.mu.Unlock()
	x := t.session
	x.Commands = append(x.Commands, line[:min(len(line), 500)])
	x.Replies = append(x.Replies, strings.TrimRight(reply, "\r\n"))
	if verb(line) == "QUIT" {
		x.Quit = true
	}
}

func (t *talk) encrypt() bool {
	cert, err := certificate(t.host())
	if err != nil {
		return false
	}
	c := tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if c.Handshake() != nil {
		return false
	}
	_ = c.SetDeadline(time.Time{})
	t.conn, t.in = c, bufio.NewReaderSize(c, 4096)
	t.srv.mu.Lock()
	t.session.TLS = true
	t.srv.mu.Unlock()
	return true
}

// verb returns the command word of a line in upper case.
func verb(line string) string {
	line, _, _ = strings.Cut(line, " ")
	line, _, _ = strings.Cut(line, ":")
	return strings.ToUpper(line)
}
