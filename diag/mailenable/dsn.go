package mailenable

import (
	"bytes"
	"cmp"
	"strings"

	"metriage/diag"
)

// parseDSN reads the delivery-status part of a report (RFC 3464): a block of
// fields for the message, then one for each recipient.
func parseDSN(h header, m mimeMessage) (diag.Bounce, bool) {
	if m.status == nil {
		return diag.Bounce{}, false
	}
	q, _ := parseHeader(string(m.headers))
	b := diag.Bounce{
		Kind: diag.KindDSN, MessageID: h.id(), Date: h.sent(),
		Sender:  originalSender(h, q),
		Subject: cmp.Or(decodeWords(q.subject), decodeWords(h.subject)),
	}
	reporter := ""
	for _, block := range fieldBlocks(m.status) {
		if v := block["reporting-mta"]; v != "" {
			reporter = afterType(v)
		}
		to := afterType(cmp.Or(block["original-recipient"], block["final-recipient"]))
		if f := afterType(block["final-recipient"]); f != "" {
			to = f
		}
		action := strings.ToLower(strings.TrimSpace(block["action"]))
		if to == "" || action != "failed" && action != "delayed" || len(b.Refusals) >= maxRefusals {
			continue
		}
		text := afterType(block["diagnostic-code"])
		if text == "" {
			text = strings.TrimSpace(block["status"])
		}
		b.Refusals = append(b.Refusals, diag.Refusal{
			Recipient: to, Domain: diag.AddressDomain(to), Text: shorten(text, MaxReply),
			Stage: diag.StageUnknown, Permanent: action == "failed",
			RemoteHost: cmp.Or(afterType(block["remote-mta"]), reporter),
		})
	}
	return b, len(b.Refusals) > 0
}

// fieldBlocks splits a delivery-status part into its blocks of unfolded
// fields, names in lower case.
func fieldBlocks(b []byte) []map[string]string {
	var out []map[string]string
	cur, last := map[string]string{}, ""
	for len(b) > 0 && len(out) < maxRefusals {
		var line []byte
		line, b = cutLine(b)
		s := toUTF8(line)
		switch {
		case strings.TrimSpace(s) == "":
			if len(cur) > 0 {
				out = append(out, cur)
			}
			cur, last = map[string]string{}, ""
		case s[0] == ' ' || s[0] == '\t':
			if last != "" && len(cur[last]) < MaxReply {
				cur[last] += "\n" + strings.TrimSpace(s)
			}
		default:
			k, v, ok := strings.Cut(s, ":")
			if ok {
				last = strings.ToLower(strings.TrimSpace(k))
				cur[last] = strings.TrimSpace(v)
			}
		}
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}

// afterType returns the value of "rfc822; user@example.com" or "smtp; 550 …"
// without its type.
func afterType(v string) string {
	t, rest, ok := strings.Cut(v, ";")
	if ok && len(t) < 32 && !bytes.ContainsAny([]byte(strings.TrimSpace(t)), " @") {
		return strings.Trim(strings.TrimSpace(rest), "<>")
	}
	return strings.TrimSpace(v)
}
