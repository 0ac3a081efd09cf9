package sample

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// exampleLocal is what the relay personalities take mail for.
var exampleLocal = [...]string{"example.test", "mail.example.test"}

// personas are the ready-made scripts by name.
var personas = map[string]func() Script{
	// Own servers, for the relay check.
	"open":           relaying(RelayOpen, "postmaster", "info"),
	"closed":         relaying(RelayClosed),
	"closed-strict":  relaying(RelayClosed, "postmaster", "info"),
	"trusts":         relaying(RelayTrusts),
	"forged-local":   relaying(RelayForged),
	"catch-all":      relaying(RelayCatchAll),
	"accepts-rcpt":   relaying(RelayEverything),
	"auth-rcpt":      relaying(RelayAuth),
	"auth-mail":      relaying(RelayAuthMail),
	"percent":        relaying(RelayPercent, "postmaster", "info"),
	"null-sender":    relaying(RelayNullSender, "postmaster", "info"),
	"mailenable-all": func() Script { return Script{Banner: mailEnableBanner, Host: "mail.example.test"} },
	"mailenable-503": func() Script {
		return Script{Banner: mailEnableBanner, Host: "mail.example.test", Replies: map[string]string{
			"RCPT": "503 This mail server requires authentication before it takes mail for other servers.\r\n"}}
	},

	// Remote servers, for the remote check.
	"accepts":     func() Script { return Script{} },
	"banner-554":  banner("554-mx.remote.test\r\n554 Your server is not welcome here, its reputation is poor.\r\n"),
	"banner-421":  banner("421 4.7.0 mx.remote.test too many connections from your address, later please\r\n"),
	"slow":        func() Script { return Script{Delay: 200 * time.Millisecond} },
	"hangs-up":    func() Script { return Script{Hangup: true} },
	"silent":      func() Script { return Script{Silent: true} },
	"rcpt-listed": answering("RCPT", "550 5.7.1 Client host [198.51.100.10] blocked using zen.spamhaus.org; https://check.spamhaus.org/query/ip/198.51.100.10\r\n"),
	"greylist":    answering("RCPT", "450 4.7.1 Greylisted, come back in 300 seconds\r\n"),
	"needs-tls":   answering("MAIL", "530 5.7.0 Must issue a STARTTLS command first\r\n"),
	"starttls":    func() Script { return Script{STARTTLS: true, NeedTLS: true} },
	"helo-550": func() Script {
		const r = "550 5.7.1 Helo command rejected: Host not found\r\n"
		return Script{Replies: map[string]string{"EHLO": r, "HELO": r}}
	},
	"helo-only": answering("EHLO", "502 Command not implemented\r\n"),
	"no-user":   answering("RCPT", "550 5.1.1 User unknown\r\n"),
	"mail-553":  answering("MAIL", "553 5.1.8 Domain of sender address does not exist\r\n"),
	"multi-line": func() Script {
		return Script{Banner: "220-no bulk mail\r\n220-line two\r\n220 mx.remote.test ESMTP\r\n"}
	},
	"http":       banner("HTTP/1.1 400 Bad Request\r\n\r\n"),
	"drops-rcpt": answering("RCPT", ""),
	"long-line":  func() Script { return Script{Banner: "220 " + strings.Repeat("x", 6000) + "\r\n"} },
	"endless":    func() Script { return Script{Endless: true} },
	"rcpt-421":   answering("RCPT", "421 4.3.2 Service shutting down\r\n"),
	"escapes":    func() Script { return Script{Banner: "554 \x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\n", Close: true} },
}

const mailEnableBanner = "220 mail.example.test ESMTP MailEnable Service, Version: 10.50-- ready at 11/24/26 06:00:00\r\n"

func relaying(r Relay, users ...string) func() Script {
	return func() Script {
		return Script{Host: "mail.example.test", Relay: r, Local: exampleLocal[:], Users: users,
			Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	}
}

func banner(text string) func() Script {
	return func() Script { return Script{Banner: text, Close: true} }
}

func answering(verb, reply string) func() Script {
	return func() Script { return Script{Replies: map[string]string{verb: reply}} }
}

// Persona returns the ready-made script of that name and whether there is one.
func Persona(name string) (Script, bool) {
	f, ok := personas[name]
	if !ok {
		return Script{}, false
	}
	return f(), true
}

// Personas returns the names of the ready-made scripts in order.
func Personas() []string {
	var out []string
	for n := range personas {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
