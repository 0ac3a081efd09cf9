package mailenable

import (
	"cmp"
	"strings"

	"metriage/diag"
)

// parseNDR reads the decoded text of one of MailEnable's own NDRs.
func parseNDR(h header, text string) (diag.Bounce, bool) {
	own, quoted := splitQuoted(text)
	for len(own) > 0 && strings.TrimSpace(own[0]) == "" {
		own = own[1:]
	}
	if len(own) == 0 {
		return diag.Bounce{}, false
	}
	kind, ok := heading(strings.TrimSpace(own[0]))
	if !ok {
		kind, ok = kindWithoutHeading(h, own)
	}
	if !ok {
		return diag.Bounce{}, false
	}

	q, _ := parseHeader(quoted)
	b := diag.Bounce{
		Kind: kind, MessageID: h.id(), Date: h.sent(),
		Sender:  originalSender(h, q),
		Subject: cmp.Or(decodeWords(q.subject), decodeWords(h.subject)),
	}
	for _, l := range own {
		if b.Code == "" {
			b.Code = reasonCode(strings.TrimSpace(l))
		}
		if b.ID == "" {
			b.ID = strings.ToUpper(bracketedID(l))
		}
	}
	switch {
	case b.Code == "ME-E0193":
		b.Kind = diag.KindE0193
	case b.Code != "" && b.Kind == diag.KindE0193:
		b.Kind = diag.KindOther // the code says more than the heading
	}
	b.Refusals = recipientRefusals(own, b.Kind)
	if len(b.Refusals) > 0 && b.Kind == diag.KindOther {
		b.Kind = diag.KindRecipients
	}
	if len(b.Refusals) == 0 {
		b.Refusals = domainRefusal(own, q, b.Kind)
	}
	return b, true
}

// kindWithoutHeading recognises NDRs whose heading is in other words: by the
// reason line with its code and queue id, or by MailEnable's own sender.
func kindWithoutHeading(h header, lines []string) (diag.Kind, bool) {
	own := h.deliverySubsystem()
	depth := 0
	switch {
	case own:
		depth = maxNDRLines
	case hasPrefixFold(strings.TrimSpace(lines[0]), "mailenable"):
		depth = 4
	case h.meFilter && h.trust() != byNobody:
		depth = 3
	}
	seen := 0
	for i := 0; i < len(lines) && seen < max(depth, 1); i++ {
		l := strings.TrimSpace(lines[i])
		if l == "" {
			continue
		}
		seen++
		if _, ok := heading(l); ok && !own {
			return "", false // somebody wrote words of his own before it
		}
		if ndrReason(l) {
			if reasonCode(l) == "ME-E0193" {
				return diag.KindE0193, true
			}
			return diag.KindOther, true
		}
	}
	if !own && !h.meFilter || h.trust() == byNobody {
		return "", false
	}
	const delayed = "Message delivery has been delayed"
	if hasPrefixFold(strings.TrimSpace(lines[0]), delayed) || hasPrefixFold(h.subject, delayed) {
		return diag.KindDelay, true
	}
	return diag.KindOther, own && h.meFilter && !goodNews(h, lines)
}

// maxNDRLines is how far into an NDR of MailEnable's own sender its reason is
// looked for.
const maxNDRLines = 60

// goodNews reports whether a notice of MailEnable's own sender says that a
// message arrived or was read.
func goodNews(h header, lines []string) bool {
	for _, s := range append([]string{h.subject}, lines[:min(len(lines), 3)]...) {
		for _, w := range []string{"was delivered", "been delivered", "message delivered", "successfully", "receipt", "was read", "relayed"} {
			if indexFold(s, w) >= 0 {
				return true
			}
		}
	}
	return false
}

// splitQuoted returns the lines of the text up to where MailEnable quotes the
// returned message, and what it quotes.
func splitQuoted(text string) (own []string, quoted string) {
	own = make([]string, 0, 24)
	for text != "" {
		line, rest := nextLine(text)
		if quotes(line) {
			return own, skipEmpty(rest)
		}
		own, text = append(own, line), rest
	}
	return own, ""
}

// skipEmpty returns text from its first line that is not empty.
func skipEmpty(text string) string {
	for text != "" {
		line, rest := nextLine(text)
		if strings.TrimSpace(line) != "" {
			break
		}
		text = rest
	}
	return text
}

// originalSender is the envelope sender of the returned message: its
// Return-Path where it is quoted, else whom the NDR was sent to.
func originalSender(h, q header) string {
	if a := address(q.returnPath); a != "" {
		return a
	}
	return cmp.Or(address(h.to), address(q.from))
}

// recipientRefusals reads the per-recipient form: a Recipient line, then a
// Reason line that may go on over further lines.
func recipientRefusals(lines []string, kind diag.Kind) []diag.Refusal {
	var out []diag.Refusal
	var seen map[string]bool
	for i := 0; i < len(lines) && len(out) < maxRefusals; i++ {
		to, ok := recipientLine(lines[i])
		if !ok {
			continue
		}
		reason := ""
		for j := i + 1; j < len(lines); j++ {
			if _, next := recipientLine(lines[j]); next {
				break
			}
			if r, ok := reasonLine(lines[j]); ok {
				reason = collect(r, lines[j+1:])
				break
			}
			if r, ok := labelled(lines[j]); ok && reason == "" {
				reason = collect(r, lines[j+1:]) // in another language
			}
		}
		if noDomain(reason) != "" {
			if trailer := localReason(lines); trailer != "" {
				reason += "\n" + trailer
			}
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		for _, a := range appendAddresses(nil, to) {
			key := strings.ToLower(a)
			if seen[key] || len(out) == maxRefusals {
				continue
			}
			seen[key] = true
			out = append(out, diag.Refusal{
				Recipient: a, Domain: diag.AddressDomain(a), Text: reason,
				Stage: diag.StageUnknown, Permanent: kind != diag.KindDelay,
			})
		}
	}
	return out
}

// localReason returns the "Reason Code" and "Error Number" lines that
// MailEnable adds to a reason of its own.
func localReason(lines []string) string {
	var out []string
	for _, l := range lines {
		if name, value, ok := localLine(l); ok {
			out = append(out, name+": "+value)
		}
	}
	return strings.Join(out, "\n")
}

// domainRefusal reads the forms that name a domain and no recipient.
func domainRefusal(lines []string, quoted header, kind diag.Kind) []diag.Refusal {
	r := diag.Refusal{Stage: diag.StageUnknown, Permanent: kind != diag.KindDelay}
	if kind == diag.KindE0193 {
		// The vendor's article ME020517: refused on the first connection.
		r.Stage = diag.StageConnect
	}
	for _, l := range lines {
		if r.Domain = diag.DomainKey(inParens(l, "target domain (")); r.Domain != "" {
			break
		}
	}
	for i := 0; i < len(lines) && r.Domain == ""; i++ {
		r.Domain = diag.DomainKey(noDomain(lines[i]))
	}
	r.Text = returnedText(lines)
	for _, l := range lines {
		if d, ok := waitingFor(l); ok {
			r.Domain = cmp.Or(r.Domain, diag.DomainKey(d))
		}
	}
	if r.Domain == "" && kind == diag.KindE0193 {
		before, _, _ := strings.Cut(strings.Join(lines, "\n"), cmp.Or(r.Text, "\x00"))
		r.Domain = diag.DomainKey(parenHost(before))
	}
	to := quotedRecipients(quoted, r.Domain)
	if len(to) == 1 {
		r.Recipient, r.Quoted = to[0], true
		r.Domain = cmp.Or(r.Domain, diag.AddressDomain(to[0]))
	}
	if kind == diag.KindOther {
		whole := strings.Join(lines, "\n")
		r.Text = cmp.Or(r.Text, shorten(strings.TrimSpace(whole), 2<<10))
		r.Permanent = r.Permanent && indexFold(whole, "delayed") < 0
	}
	return []diag.Refusal{r}
}

// noDomain reads "the domain name (x.example) does not appear to be
// registered".
func noDomain(s string) string {
	const words = "domain name ("
	if indexFold(s, "does not appear to be registered") < 0 {
		return ""
	}
	for {
		i := indexFold(s, words)
		if i < 0 {
			return ""
		}
		s = s[i+len(words):]
		if n := strings.IndexAny(s, "()"+blanks); n > 0 && hasPrefixFold(s[n:], ") does not appear to be registered") {
			return s[:n]
		}
	}
}

// quotedRecipients returns the addresses of the quoted To and Cc fields at
// domain, or all of them where the domain is not known.
func quotedRecipients(q header, domain string) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range append(addresses(q.to), addresses(q.cc)...) {
		k := strings.ToLower(a)
		if (domain == "" || diag.AddressDomain(a) == domain) && !seen[k] {
			seen[k] = true
			out = append(out, a)
		}
	}
	return out
}
