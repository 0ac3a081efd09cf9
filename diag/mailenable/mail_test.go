package mailenable

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestOpenMail(t *testing.T) {
	const alternative = "From: =?utf-8?Q?J=C3=B6rg?= <j@x.example>\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n folded\r\nContent-Type: multipart/mixed; boundary=M\r\n\r\n" +
		"--M\r\nContent-Type: multipart/alternative; boundary=A\r\n\r\n--A\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\x1b[2J\r\nzweite Zeile\r\n" +
		"--A\r\nContent-Type: text/html\r\n\r\n<p>not shown</p>\r\n--A--\r\n" +
		"--M\r\nContent-Type: application/pdf; name=\"Rechnung\u202e.pdf\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nAAAAAAAA\r\n--M--\r\n"
	tests := []struct {
		name, mail string
		text       string
		html       bool
		attached   string
		note       string
	}{
		{"plain", "Subject: x\n\nhello\nworld\n", "hello\nworld", false, "", ""},
		{"no body", "Subject: x\n", "", false, "", ""},
		{"parts", alternative, "Grüße?[2J\nzweite Zeile", false, "Rechnung?.pdf application/pdf 6", ""},
		{"html alone", "Content-Type: text/html; charset=utf-8\n\n<html><head><title>t</title><style>p{}</style></head><body><p>Your <b>parcel</b> &amp; more<br>waits<script>alert(1)</script> <!-- x > y --> at <a class=x href=\"https://evil.example/?a=1&amp;b=2\">your bank</a>.</p></body></html>",
			"Your parcel & more\nwaits at your bank <https://evil.example/?a=1&b=2> .", true, "", ""},
		{"html cut off", "Content-Type: text/html\n\n<p>one<a href='javascript:x'>two</a><scrip", "onetwo", true, "", ""},
		{"long", "Subject: x\n\n" + strings.Repeat("0123456789\n", 20000), strings.TrimSpace(strings.Repeat("0123456789\n", 20000)[:maxMailText]), false, "", "only its beginning"},
		{"bomb of parts", "Content-Type: multipart/mixed; boundary=b0\n\n" + strings.Repeat("--b0\nContent-Type: multipart/mixed; BOUNDARY=b0\n\n", 5000), "", false, "", "more parts than"},
		{"not base64", "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!\n", "", false, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := OpenMail([]byte(tt.mail))
			var list []string
			for _, a := range m.Attachments {
				list = append(list, fmt.Sprintf("%s %s %d", a.Name, a.Type, a.Size))
			}
			if tt.name != "not base64" && m.Text != tt.text || m.FromHTML != tt.html || strings.Join(list, ",") != tt.attached || !strings.Contains(m.Note, tt.note) || tt.note == "" && m.Note != "" {
				t.Errorf("%+v", m)
			}
		})
	}
	m := OpenMail([]byte(alternative))
	if len(m.Fields) != 3 || m.Fields[0].Value != "Jörg <j@x.example>" || m.Fields[1].Value != "Grüße folded" {
		t.Errorf("%+v", m.Fields)
	}
}

// A hostile message costs no more than its length.
func TestOpenMailIsBounded(t *testing.T) {
	for name, mail := range map[string]string{
		"tags":       "Content-Type: text/html\n\n" + strings.Repeat("<script><a href=<!--", MaxMail/20),
		"fields":     strings.Repeat("X: "+strings.Repeat("y", 100)+"\n", MaxMail/105),
		"one line":   "X: " + strings.Repeat("=?utf-8?Q?=41?= ", MaxMail/16),
		"parts":      "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: application/x\n\nx\n", MaxMail/36),
		"most parts": "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: application/x\n\n"+strings.Repeat("x", MaxMail/2100)+"\n", maxDashes-1),
	} {
		began := time.Now()
		m := OpenMail([]byte(mail))
		if len(m.Fields) > maxMailFields || len(m.Text) > maxMailText || len(m.Attachments) > maxParts {
			t.Errorf("%s: %d fields, %d bytes, %d attachments", name, len(m.Fields), len(m.Text), len(m.Attachments))
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
}

func FuzzOpenMail(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<a href=https://x>y</a>\n--b--"))
	f.Add([]byte("Content-Type: text/html\n\n<!-- <p </script> &#x202e; <a href=\"http://\x1b"))
	for _, s := range []string{
		"Subject: =?utf-8?b?4oCu?= =?iso-8859-1?q?=FC?=\n\nplain", "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n//5oAGkA\n",
		"Content-Type: multipart/alternative; boundary=\"a\"\n\n--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=1B=E2=80=AE=\n--b--\n--a\nContent-Type: text/html\n\n<style>x</style><p>&#27;&amp;<br>",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename*0*=utf-8''%1b; filename*1=x.exe\n\nMZ\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\nx\n--b--", "\n\n", "a: b\n c\n\td\n: e\nno colon\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := OpenMail(b)
		for _, s := range []string{m.Text, m.Note} {
			if strings.ContainsAny(s, "\x1b\u202e\r\x00") {
				t.Errorf("not harmless: %q", s)
			}
		}
	})
}
