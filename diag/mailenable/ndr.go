package mailenable

import (
	"regexp"
	"strings"

	"metriage/diag"
)

// The sentences of MailEnable's NDRs. Wording differs between versions and
// languages, so each form has a second sign: the code with its queue id, or
// the sender that only MailEnable uses.
var (
	reHeading   = regexp.MustCompile(`(?i)^MailEnable:\s*Message\s+(could not be delivered|Delivery Failure|delivery has been delayed)`)
	reBareDelay = regexp.MustCompile(`(?i)^Message delivery has been delayed`)
	reReason    = regexp.MustCompile(`^[\pL ]{2,30}:\s*(ME-[EIW]\d{4})\b:?\s*\[([^\]]*)\]`)
	reMailID    = regexp.MustCompile(`(?i)\[([0-9A-Z]+\.MAI)\]`)
	reTarget    = regexp.MustCompile(`(?i)target domain \(([^()\s]+)\)`)
	reParenHost = regexp.MustCompile(`\(([\pL\pN][\pL\pN.-]*\.[\pL\pN-]{2,})\.?\)`)
	reReturned  = regexp.MustCompile(`(?i)^\s*The (?:remote )?server returned\s*:\s*(.*)$`)
	reRecipient = regexp.MustCompile(`(?i)^\s*Recipient\s*:\s*\[?\s*((?:SMTP:)?[^\[\]]*?)\s*\]?\s*$`)
	reReasonAny = regexp.MustCompile(`(?i)^\s*Reason\s*:\s*(?:Remote SMTP Server Returned\s*:\s*)?(.*)$`)
	reCodeLine  = regexp.MustCompile(`(?i)^\s*(Reason Code|Error Number)\s*:\s*(.+)$`)
	reNoDomain  = regexp.MustCompile(`(?i)domain name \(([^()\s]+)\) does not appear to be registered`)
	reWaiting   = regexp.MustCompile(`(?i)waiting at (\S+) for delivery to (\S+?)\.?\s*$`)
	reQuoted    = regexp.MustCompile(`(?i)^\s*Message (headers|contents) follow\s*:?\s*$`)
	reReplyLine = regexp.MustCompile(`^\s*[245]\d\d([ -]|$)`)
	reURLLine   = regexp.MustCompile(`(?i)^\s*<?https?://\S+\s*$`)
)

// heading reports which NDR begins with the line.
func heading(line string) (diag.Kind, bool) {
	m := reHeading.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	switch strings.ToLower(m[1])[:9] {
	case "delivery ":
		if hasPrefixFold(m[1], "delivery has") {
			return diag.KindDelay, true
		}
		return diag.KindE0193, true
	}
	return diag.KindRecipients, true
}

// ndrReason reports whether a line is "Reason: ME-E0193: [ID.MAI] …" in any
// language.
func ndrReason(line string) bool {
	return reReason.MatchString(line) && strings.Contains(line, ".MAI]")
}

// codeOnLine returns the MailEnable code that stands right after the first
// colon of a line, "" where none does.
func codeOnLine(line string) string {
	if m := reReason.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// parseNDR reads the decoded text of one of MailEnable's own NDRs.
func parseNDR(h header, text string) (diag.Bounce, bool) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	own, quoted := splitQuoted(lines)

	first := 0
	for first < len(own) && strings.TrimSpace(own[first]) == "" {
		first++
	}
	if first == len(own) {
		return diag.Bounce{}, false
	}
	kind, ok := heading(strings.TrimSpace(own[first]))
	if !ok {
		kind, ok = kindWithoutHeading(h, own[first:])
	}
	if !ok {
		return diag.Bounce{}, false
	}

	q, _ := parseHeader([]byte(strings.Join(quoted, "\n")))
	b := diag.Bounce{
		Kind: kind, MessageID: h.id(), Date: h.sent(),
		Sender:  originalSender(h, q),
		Subject: firstOf(decodeWords(q.subject), decodeWords(h.subject)),
	}
	for _, l := range own[first:] {
		if m := reReason.FindStringSubmatch(strings.TrimSpace(l)); m != nil {
			b.Code = m[1]
			break
		}
	}
	if m := reMailID.FindStringSubmatch(strings.Join(own, "\n")); m != nil {
		b.ID = strings.ToUpper(m[1])
	}
	if b.Code == "ME-E0193" {
		b.Kind = diag.KindE0193
	}

	body := own[first:]
	b.Refusals = recipientRefusals(body, b.Kind)
	if len(b.Refusals) > 0 && b.Kind == diag.KindOther {
		b.Kind = diag.KindRecipients
	}
	if len(b.Refusals) == 0 {
		b.Refusals = domainRefusal(body, q, b.Kind)
	}
	return b, true
}

// kindWithoutHeading recognises NDRs whose heading is in other words.
func kindWithoutHeading(h header, lines []string) (diag.Kind, bool) {
	for i, l := range lines {
		if i > 60 {
			break
		}
		if code := codeOnLine(strings.TrimSpace(l)); code != "" && ndrReason(strings.TrimSpace(l)) {
			if code == "ME-E0193" {
				return diag.KindE0193, true
			}
			return diag.KindOther, true
		}
	}
	if !h.deliverySubsystem() && !h.meFilter {
		return "", false
	}
	if reBareDelay.MatchString(strings.TrimSpace(lines[0])) || reBareDelay.MatchString(h.subject) {
		return diag.KindDelay, true
	}
	return diag.KindOther, h.deliverySubsystem() && h.meFilter
}

// splitQuoted cuts the text where MailEnable quotes the returned message.
func splitQuoted(lines []string) (own, quoted []string) {
	for i, l := range lines {
		if reQuoted.MatchString(l) {
			rest := lines[i+1:]
			for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" {
				rest = rest[1:]
			}
			return lines[:i], rest
		}
	}
	return lines, nil
}

// originalSender is the envelope sender of the returned message: its
// Return-Path where it is quoted, else whom the NDR was sent to.
func originalSender(h, q header) string {
	if a := address(q.returnPath); a != "" {
		return a
	}
	return firstOf(address(h.to), address(q.from))
}

// recipientRefusals reads the per-recipient form: a Recipient line, then a
// Reason line that may go on over further lines.
func recipientRefusals(lines []string, kind diag.Kind) []diag.Refusal {
	var out []diag.Refusal
	seen := map[string]bool{}
	trailer := localReason(lines)
	for i := 0; i < len(lines) && len(out) < maxRefusals; i++ {
		m := reRecipient.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		to := connectorAddress(m[1])
		reason := ""
		for j := i + 1; j < len(lines) && reRecipient.FindStringSubmatch(lines[j]) == nil; j++ {
			if r := reReasonAny.FindStringSubmatch(lines[j]); r != nil {
				reason = collect(r[1], lines[j+1:])
				break
			}
		}
		key := strings.ToLower(to)
		if to == "" || seen[key] {
			continue
		}
		seen[key] = true
		r := diag.Refusal{
			Recipient: to, Domain: diag.AddressDomain(to), Text: reason,
			Stage: diag.StageUnknown, Permanent: kind != diag.KindDelay,
		}
		if d := reNoDomain.FindStringSubmatch(reason); d != nil && trailer != "" {
			r.Text += "\n" + trailer
		}
		out = append(out, r)
	}
	return out
}

// localReason returns the "Reason Code" and "Error Number" lines that
// MailEnable adds to a reason of its own.
func localReason(lines []string) string {
	var out []string
	for _, l := range lines {
		if m := reCodeLine.FindStringSubmatch(l); m != nil {
			out = append(out, m[1]+": "+strings.TrimSpace(m[2]))
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
	whole := strings.Join(lines, "\n")
	if m := reTarget.FindStringSubmatch(whole); m != nil {
		r.Domain = diag.DomainKey(m[1])
	} else if m := reNoDomain.FindStringSubmatch(whole); m != nil {
		r.Domain = diag.DomainKey(m[1])
	}
	r.Text = returnedText(lines)
	for _, l := range lines {
		if m := reWaiting.FindStringSubmatch(l); m != nil {
			r.Domain = firstOf(r.Domain, diag.DomainKey(m[2]))
		}
	}
	if r.Domain == "" && kind == diag.KindE0193 {
		before, _, _ := strings.Cut(whole, firstOf(r.Text, "\x00"))
		if m := reParenHost.FindStringSubmatch(before); m != nil {
			r.Domain = diag.DomainKey(m[1])
		}
	}
	to := quotedRecipients(quoted, r.Domain)
	if len(to) == 1 {
		r.Recipient = to[0]
		r.Domain = firstOf(r.Domain, diag.AddressDomain(to[0]))
	}
	if r.Text == "" && kind == diag.KindOther {
		r.Text = shorten(strings.TrimSpace(whole), 2<<10)
	}
	if kind == diag.KindOther && indexFold(whole, "delayed") >= 0 {
		r.Permanent = false
	}
	return []diag.Refusal{r}
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

func firstOf(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
