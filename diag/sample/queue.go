package sample

import (
	"strconv"
	"strings"
	"time"
)

// envelopeText is a command file as MailEnable writes it: Key=Value lines that
// end in CRLF. Empty optional values leave their line out where seldom is set.
type envelopeText struct {
	id         string
	domain     string // DomainName, "" for inbound files
	recipients []string
	sep        string // between recipients, ";" where empty
	sender     string // "" is the null sender
	server     string
	acquired   time.Time
	clientIP   string
	signedIn   bool
	user       string
	account    string
	priority   string
	status     string
	statusCode int // 0: no line
	retries    int
	command    string // NDR, DELIVER
	subject    string
	// terse is the short form that some releases write to Outgoing: no
	// TimeAcquired, no client.
	terse bool
	// blanks puts stray blanks around "=" of some keys, as real files have.
	blanks bool
	extra  string // further lines, each with its CRLF
}

func (e envelopeText) append(b []byte) []byte {
	eq := "="
	if e.blanks {
		eq = " = "
	}
	put := func(key, value string) {
		b = append(b, key...)
		b = append(b, '=')
		b = append(b, value...)
		b = append(b, '\r', '\n')
	}
	if e.domain != "" {
		put("DomainName", e.domain)
		put("CommandType", e.command)
		if e.statusCode > 0 {
			put("StatusCode", strconv.Itoa(e.statusCode))
		}
	}
	put("Recipients", e.recipientString())
	if e.domain == "" {
		put("Server", e.server)
	}
	put("Sender", "[SMTP:"+e.sender+"]")
	if e.domain != "" {
		put("Retries", strconv.Itoa(e.retries))
		put("MessageID", e.id)
	}
	if !e.terse {
		put("TimeAcquired", strconv.FormatInt(e.acquired.Unix(), 10))
		put("ClientIP", e.clientIP)
		signed := "0"
		if e.signedIn {
			signed = "1"
		}
		put("AuthenticationStatus", signed)
	}
	put("User", e.user)
	b = append(b, "Account"+eq...)
	b = append(b, e.account...)
	b = append(b, '\r', '\n')
	if e.priority != "" {
		put("Priority", e.priority)
	}
	b = append(b, "Status"+eq...)
	b = append(b, e.status...)
	b = append(b, '\r', '\n')
	if e.domain == "" {
		put("CommandType", e.command)
	}
	if !e.terse {
		put("Subject", e.subject)
	}
	return append(b, e.extra...)
}

func (e envelopeText) recipientString() string {
	sep := e.sep
	if sep == "" {
		sep = ";"
	}
	var b strings.Builder
	for i, r := range e.recipients {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString("[SMTP:")
		b.WriteString(r)
		b.WriteByte(']')
	}
	return b.String()
}

// attempts returns when MailEnable tries a message that it got at acquired and
// that is deferred every time: at once, after 15, 30 and 60 minutes and then
// every four hours (the vendor's SMTP delivery help page), until end.
func attempts(acquired, end time.Time) []time.Time {
	wait := []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}
	var out []time.Time
	for t := acquired; !t.After(end); {
		out = append(out, t)
		w := 4 * time.Hour
		if n := len(out) - 1; n < len(wait) {
			w = wait[n]
		}
		t = t.Add(w)
	}
	return out
}
