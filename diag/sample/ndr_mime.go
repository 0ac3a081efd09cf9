package sample

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"strings"
	"time"
)

// ndrMIME is the encoding of a notice.
type ndrMIME int

const (
	mimeNone      ndrMIME = iota // no MIME fields, as every public sample
	mimeQuoted                   // text/plain, quoted-printable
	mimeBase64                   // text/plain, base64
	mimeMixed                    // multipart/mixed: the text and the quoted headers
	mimeReport                   // multipart/report (RFC 3462) with a delivery-status part
	mimeAlternate                // multipart/alternative: text and HTML
)

// append writes the notice as a message file.
func (n *ndr) append(b []byte) []byte {
	var out strings.Builder
	if !n.form.bare {
		n.header(&out)
	}
	boundary := "----=_ME_" + n.id[:12]
	switch {
	case n.form.bare || n.form.mime == mimeNone:
		if !n.form.bare {
			out.WriteByte('\n')
		}
		out.WriteString(n.text())
	case n.form.mime == mimeQuoted:
		out.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n")
		out.WriteString(quoted(n.text()))
	case n.form.mime == mimeBase64:
		out.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\n\n")
		out.WriteString(wrapped64(crlf(n.text())))
	case n.form.mime == mimeAlternate:
		out.WriteString("MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"" + boundary + "\"\n\n")
		text, charset := latin1(n.text())
		out.WriteString("--" + boundary + "\nContent-Type: text/plain; charset=" + charset + "\n\n" + text + "\n")
		out.WriteString("--" + boundary + "\nContent-Type: text/html; charset=" + charset + "\nContent-Transfer-Encoding: quoted-printable\n\n")
		out.WriteString(quoted("<html><body><pre>"+escapeHTML(text)+"</pre></body></html>\n") + "\n--" + boundary + "--\n")
	default:
		n.parts(&out, boundary)
	}
	if n.form.lf {
		return append(b, out.String()...)
	}
	return append(b, crlf(out.String())...)
}

// header writes the header block without the blank line that ends it.
func (n *ndr) header(out *strings.Builder) {
	when := n.date.Format(time.RFC1123Z)
	domain := n.host[strings.IndexByte(n.host, '.')+1:]
	if n.form.received {
		out.WriteString("Received: from " + n.host + " ([127.0.0.1]) by " + domain + " with MailEnable ESMTP; " + when + "\n")
	}
	subject := "Message Delivery Failure"
	if n.kind == ndrDelay || n.kind == ndrDelayNamed {
		subject = "Message delivery has been delayed"
	}
	if n.form.subject {
		subject += " - " + n.original.subject
	}
	out.WriteString("From: \"Delivery Subsystem\" <postmaster@" + domain + ">\n")
	out.WriteString("To: <" + n.to + ">\nSubject: " + subject + "\nDate: " + when + "\n")
	out.WriteString("Message-ID: <" + n.id + "@" + n.host + ">\nX-MEFilter: 1\nPrecedence: bulk\n")
	if n.form.badMail {
		out.WriteString("X-ME-BADMAIL: BAD NOTICE\n")
	}
	if n.form.received {
		out.WriteString("Return-Path: <>\n")
	}
}

// parts writes multipart/mixed and multipart/report: the text without its
// quote, for a report the machine's part, then the quoted headers.
func (n *ndr) parts(out *strings.Builder, boundary string) {
	text := *n
	text.form.quote = quoteNothing
	kind, quoteType := "multipart/mixed", "text/plain; charset=utf-8; name=\"headers.txt\""
	if n.form.mime == mimeReport {
		kind, quoteType = "multipart/report; report-type=delivery-status", "text/rfc822-headers"
	}
	out.WriteString("MIME-Version: 1.0\nContent-Type: " + kind + ";\n\tboundary=\"" + boundary + "\"\n\n")
	out.WriteString("This is a message in several parts.\n\n--" + boundary + "\n")
	out.WriteString("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text.text() + "\n")
	if n.form.mime == mimeReport {
		out.WriteString("--" + boundary + "\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; " + n.host + "\n")
		for _, it := range n.items {
			status := "5.0.0"
			action := "failed"
			if n.kind == ndrDelay || n.kind == ndrDelayNamed {
				status, action = "4.0.0", "delayed"
			}
			out.WriteString("\nFinal-Recipient: rfc822; " + it.address + "\nAction: " + action + "\nStatus: " + status + "\n")
			if !it.local {
				out.WriteString("Diagnostic-Code: smtp; " + strings.Join(it.lines, "\n\t") + "\n")
			}
		}
		out.WriteByte('\n')
	}
	out.WriteString("--" + boundary + "\nContent-Type: " + quoteType + "\nContent-Disposition: attachment\n\n")
	n.headers(out)
	out.WriteString("\n--" + boundary + "--\n")
}

// quoted returns text, which has LF line ends, in quoted-printable with LF.
func quoted(text string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(text)) // a bytes.Buffer never fails
	w.Close()
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// wrapped64 returns text in base64 lines of 76 characters with LF.
func wrapped64(text string) string {
	s := base64.StdEncoding.EncodeToString([]byte(text))
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	b.WriteString(s + "\n")
	return b.String()
}

// latin1 returns text in ISO 8859-1, or as it is where that cannot hold it,
// with the name of the charset.
func latin1(text string) (encoded, charset string) {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			return text, "utf-8"
		}
		b = append(b, byte(r))
	}
	return string(b), "iso-8859-1"
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
