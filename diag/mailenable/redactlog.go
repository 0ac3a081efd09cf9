package mailenable

import (
	"bytes"
	"strings"
)

const redacted = "(not shown)"

// RedactLogLine returns a line of an SMTP log without credentials: what AUTH
// rows hold beside the mechanism, whatever is answered with 235, 334 or 535,
// and what follows AUTH or PASS in free text.
func RedactLogLine(line []byte) string {
	if bytes.Count(line, []byte{'\t'}) >= minColumns-1 {
		cols := bytes.SplitN(line, []byte{'\t'}, columns)
		if sensitive(cols[colCommand], cols[colResponse]) {
			cols[colDetail] = []byte(mechanism(toUTF8(cols[colDetail])))
			if !plainVerb(cols[colCommand]) {
				cols[colCommand] = []byte(redacted)
			}
		}
		return toUTF8(bytes.Join(cols, []byte{'\t'}))
	}
	return redactText(toUTF8(line))
}

// hideSecrets takes out what may be a password, before anybody sees the row:
// what AUTH rows say, and lines of a sign-in that stand as commands of their own.
func (r *Row) hideSecrets() {
	if len(r.Command) == 4 && r.Command[0]|0x20 == 'a' && bytes.EqualFold(r.Command, authCommand) {
		r.Detail = nil
		return
	}
	if len(r.Response) < 3 {
		return
	}
	switch string(r.Response[:3]) {
	case "235", "334", "535":
		if !plainVerb(r.Command) {
			r.Command, r.Detail = authCommand, nil
		}
	}
}

var authCommand = []byte("AUTH")

// sensitive reports whether a row belongs to a sign-in.
func sensitive(command, response []byte) bool {
	if bytes.EqualFold(bytes.TrimSpace(command), authCommand) {
		return true
	}
	switch replyCode(response) {
	case 235, 334, 535:
		return true
	}
	return false
}

// plainVerb reports whether a command column holds a word that can be shown.
func plainVerb(b []byte) bool {
	switch verb(bytes.TrimSpace(b)) {
	case "", "AUTH", "CONN", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "DATE", "QUIT", "RSET", "STARTTLS":
		return true
	}
	return false
}

// mechanism keeps of "AUTH PLAIN AGFu…" the first two words, of anything else
// nothing.
func mechanism(detail string) string {
	f := strings.Fields(detail)
	switch {
	case len(f) == 0, detail == "{blank}":
		return detail
	case len(f) >= 2 && strings.EqualFold(f[0], "AUTH"):
		if len(f) > 2 {
			return f[0] + " " + f[1] + " " + redacted
		}
		return detail
	}
	return redacted
}

// redactText hides what follows a sign-in command in a line of free text.
func redactText(s string) string {
	for _, word := range []string{"AUTH PLAIN ", "AUTH LOGIN ", "AUTH PLAIN+", "AUTH+PLAIN+", "AUTH+LOGIN+", "PASS ", "PASS+"} {
		i := indexFold(s, word)
		if i < 0 || i > 0 && alnum(s[i-1]) {
			continue
		}
		end := i + len(word)
		rest := s[end:]
		if j := strings.IndexAny(rest, " \t+"); j >= 0 {
			rest = rest[j:]
		} else {
			rest = ""
		}
		s = s[:end] + redacted + rest
	}
	return s
}
