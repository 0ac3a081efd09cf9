package mailenable

import (
	"cmp"
	"regexp"
	"strings"

	"metriage/diag"
)

// A MailEnable server behind a smart host receives the bounces of other mail
// servers. Most are reports (RFC 3464); these are the plain text ones.

// foreignForm is how one make of mail server words its bounces.
type foreignForm struct {
	// sign is a line that only it writes, near the beginning.
	sign func() *regexp.Regexp
	// delay is a line that makes it a notice that delivery is still tried.
	delay func() *regexp.Regexp
	// end is the line from which the returned message is quoted.
	end func() *regexp.Regexp
	// refusals reads the text between.
	refusals func(lines []string) []diag.Refusal
}

var foreignForms = []foreignForm{
	{ // Postfix: bounce(8), the default templates
		sign:     pattern(`^This is the (mail system|Postfix program) at host `),
		delay:    pattern(`THIS IS A WARNING ONLY`),
		refusals: postfixRefusals,
	},
	{ // Exim: the default bounce and warning texts
		sign:     pattern(`^This message was created automatically by (the )?mail delivery software`),
		delay:    pattern(`(?i)(has not been delivered to|has not yet been delivered|is a warning message|delivery attempts will continue)`),
		end:      pattern(`^-{4,} This is a copy of `),
		refusals: eximRefusals,
	},
	{ // qmail-send(8)
		sign:     pattern(`^Hi\. This is the (qmail-send|deliver) program`),
		end:      pattern(`^--- Below this line is a copy`),
		refusals: qmailRefusals,
	},
	{ // Sendmail
		sign:     pattern(`^\s*-{3,} The following addresses had (permanent|transient|delivery)`),
		delay:    pattern(`(?i)(had transient non-fatal errors|THIS IS A WARNING MESSAGE ONLY)`),
		refusals: sendmailRefusals,
	},
	{ // Exchange 2007 and later, Microsoft 365
		sign:     pattern(`^(Delivery has failed to these recipients|Your message to .* couldn't be delivered|Diagnostic information for administrators)`),
		delay:    pattern(`(?i)delivery (to these recipients or groups )?(is|has been) delayed`),
		end:      pattern(`^(Original message headers|Original Message Headers|Message Hops)`),
		refusals: exchangeRefusals,
	},
	{ // Exchange 2003 and earlier
		sign:     pattern(`did not reach the following recipient\(s\):`),
		refusals: oldExchangeRefusals,
	},
	{ // hMailServer
		sign:     pattern(`^Your message did not reach some or all of the intended recipients`),
		refusals: hmailRefusals,
	},
}

// signLines is how far into a text the sign may stand.
const signLines = 60

func formOf(lines []string) *foreignForm {
	for i := range foreignForms {
		f := &foreignForms[i]
		for j, l := range lines {
			if j >= signLines {
				break
			}
			if f.sign().MatchString(strings.TrimSpace(l)) {
				return f
			}
		}
	}
	return nil
}

// foreignSign reports whether a line begins the plain text bounce of another
// mail server.
func foreignSign(line string) bool { return formOf([]string{line}) != nil }

// parseForeign reads the plain text bounces of other mail servers.
func parseForeign(h header, text string) (diag.Bounce, bool) {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
	f := formOf(lines)
	if f == nil {
		return diag.Bounce{}, false
	}
	delayed := false
	var quoted []string
	for i, l := range lines {
		if f.end != nil && f.end().MatchString(strings.TrimSpace(l)) {
			lines, quoted = lines[:i], lines[i+1:]
			break
		}
		delayed = delayed || f.delay != nil && f.delay().MatchString(l)
	}
	for len(quoted) > 0 && strings.TrimSpace(quoted[0]) == "" {
		quoted = quoted[1:]
	}
	q, _ := parseHeader(strings.Join(quoted, "\n"))
	b := diag.Bounce{
		Kind: diag.KindForeign, MessageID: h.id(), Date: h.sent(), Sender: originalSender(h, q),
		Subject: cmp.Or(decodeWords(q.subject), decodeWords(h.subject)),
	}
	seen := map[string]bool{}
	for _, r := range f.refusals(lines) {
		k := strings.ToLower(r.Recipient)
		if seen[k] || len(b.Refusals) >= maxRefusals {
			continue
		}
		seen[k] = true
		r.Domain = diag.AddressDomain(r.Recipient)
		r.Permanent = !delayed
		r.Text = shorten(strings.TrimSpace(r.Text), MaxReply)
		if r.Stage == "" {
			r.Stage = diag.StageUnknown
		}
		b.Refusals = append(b.Refusals, r)
	}
	if len(b.Refusals) == 0 {
		// What it is about is known, whom it could not reach is not.
		b.Refusals = []diag.Refusal{{Recipient: address(h.failedRecipients), Stage: diag.StageUnknown, Permanent: !delayed}}
		b.Refusals[0].Domain = diag.AddressDomain(b.Refusals[0].Recipient)
	}
	return b, true
}

// paragraph returns the lines from i up to an empty one, trimmed.
func paragraph(lines []string, i int) (out []string, next int) {
	for ; i < len(lines) && strings.TrimSpace(lines[i]) != ""; i++ {
		out = append(out, strings.TrimSpace(lines[i]))
	}
	return out, i
}

// atWords are how mail servers name the point of the session in their texts.
var atWords = []struct {
	words string
	stage diag.Stage
}{
	{"after initial connection", diag.StageConnect},
	{"after EHLO", diag.StageHELO},
	{"after HELO", diag.StageHELO},
	{"after MAIL FROM", diag.StageMail},
	{"after RCPT TO", diag.StageRcpt},
	{"after end of data", diag.StageEndOfData},
	{"after pipelined end of data", diag.StageEndOfData},
	{"after DATA", diag.StageData},
}

func stageWords(s string) diag.Stage {
	for _, w := range atWords {
		if indexFold(s, w.words) >= 0 {
			return w.stage
		}
	}
	return ""
}
