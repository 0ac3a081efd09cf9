package sample

import (
	"strconv"
	"strings"
	"time"
)

// ordinary is mail that is no notice: what lies in every mailbox.
type ordinary struct {
	id       string
	host     string
	from, to string
	name     string // display name of from, "" for none
	subject  string
	date     time.Time
	clientIP string
	signedIn bool
	kind     int // of the body, see append
	lf       bool
	size     int    // of an attachment in bytes, 0 for none
	header   string // further fields, each with LF
	body     string // instead of a made one, LF
}

// phrases are what people write to each other in a sample.
var phrases = [...]string{
	"Thank you for your message of this morning.",
	"The delivery is planned for Thursday, please confirm the time.",
	"I have attached the revised offer as discussed.",
	"Could you send me the measurements again? The old sheet seems to be incomplete.",
	"We are closed on Monday; the office opens again on Tuesday at eight.",
	"Please find the minutes of our meeting below.",
	"The invoice was paid yesterday, so nothing is open from our side.",
	"Two of the pallets arrived damaged. Photos follow separately.",
	"Let me know which of the two dates suits you better.",
	"The booking number is on the second page.",
	"Our new telephone number is valid from the first of next month.",
	"As agreed I am sending you the draft for comments.",
}

// append writes the message file.
func (o *ordinary) append(b []byte) []byte {
	d := newDice(uint64(len(o.subject)), len(o.id), int(o.id[0])<<8|int(o.id[1]))
	var out strings.Builder
	when := o.date.Format(time.RFC1123Z)
	protocol := "ESMTP"
	if o.signedIn {
		protocol = "ESMTPA"
	}
	out.WriteString("Received: from [" + o.clientIP + "] ([" + o.clientIP + "]) by " + o.host + " with MailEnable " + protocol + "; " + when + "\n")
	from := "<" + o.from + ">"
	if o.name != "" {
		from = "\"" + o.name + "\" " + from
	}
	out.WriteString("From: " + from + "\nTo: <" + o.to + ">\nSubject: " + o.subject + "\nDate: " + when + "\n")
	out.WriteString("Message-ID: <" + strings.ToLower(o.id[:20]) + "@" + o.from[strings.IndexByte(o.from, '@')+1:] + ">\n")
	out.WriteString(o.header)
	text := o.body
	if text == "" {
		text = "Hello,\n\n"
		for range 2 + d.IntN(5) {
			text += phrases[d.IntN(len(phrases))] + "\n"
		}
		text += "\nKind regards\n"
	}
	boundary := "=_part_" + o.id[:10]
	switch {
	case o.size > 0:
		out.WriteString("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundary + "\"\nReturn-Path: <" + o.from + ">\n\n")
		out.WriteString("--" + boundary + "\nContent-Type: text/plain; charset=utf-8\n\n" + text)
		out.WriteString("\n--" + boundary + "\nContent-Type: application/pdf; name=\"document-" + strconv.Itoa(d.IntN(999)) + ".pdf\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n")
		out.WriteString(wrapped64("%PDF-1.4\n" + strings.Repeat(d.ref(48)+"\n", o.size/49)))
		out.WriteString("--" + boundary + "--\n")
	case o.kind == 1:
		out.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nReturn-Path: <" + o.from + ">\n\n")
		out.WriteString(quoted(text + "Grüße\n"))
	case o.kind == 2:
		out.WriteString("MIME-Version: 1.0\nContent-Type: multipart/alternative;\n boundary=\"" + boundary + "\"\nReturn-Path: <" + o.from + ">\n\n")
		out.WriteString("--" + boundary + "\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n--" + boundary)
		out.WriteString("\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>" + escapeHTML(text) + "</p></body></html>\n--" + boundary + "--\n")
	case o.kind == 3:
		out.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\nReturn-Path: <" + o.from + ">\n\n")
		out.WriteString(wrapped64(text))
	default:
		out.WriteString("Return-Path: <" + o.from + ">\n\n" + text)
	}
	if o.lf {
		return append(b, out.String()...)
	}
	return append(b, crlf(out.String())...)
}
