package mailenable

import (
	"cmp"
	"strings"

	"metriage/diag"
)

var (
	reAngled     = pattern(`^<([^<>\s]+@[^<>\s]+)>(?: \(expanded from [^)]*\))?:?\s*(.*)$`)
	reBare       = pattern(`^\s*<?([^\s<>()]+@[^\s<>()]+?)>?(?:\s*\(|\s*$)`)
	reHostSaid   = pattern(`^host (\S+?)(?:\[[^\]]*\])? (?:said|refused to talk to me): `)
	reEximHost   = pattern(`^host (\S+) \[`)
	reReasonIs   = pattern(`^\s*\(reason: (.*?)\)?\s*$`)
	reTalkingTo  = pattern(`while talking to (\S+?)\.?:`)
	reServerSays = pattern(`(?i)^Remote Server returned '(.*)$`)
	reHashReply  = pattern(`^#([45]\d\d [45]\.\d+\.\d+ .*?)(?:##.*)?$`)
	reReported   = pattern(`(?i)^(?:Reported error|Error):\s*([45]\d\d .*)$`)
	reToField    = pattern(`(?i)^(?:Recipient Address|Recipient):\s*(\S+@\S+)`)
	reOnDate     = pattern(`^\s*(\S+@\S+) on `)
	reReplied    = pattern(`(?i)^Remote server replied: (.*)$`)
)

// postfixRefusals reads "<user@example.com>: host mx[192.0.2.1] said: 550 …",
// folded with blanks.
func postfixRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	for i := 0; i < len(lines); i++ {
		m := reAngled().FindStringSubmatch(lines[i])
		if m == nil || m[2] == "" {
			continue
		}
		text := []string{m[2]}
		for i+1 < len(lines) && (strings.HasPrefix(lines[i+1], " ") || strings.HasPrefix(lines[i+1], "\t")) {
			i++
			text = append(text, strings.TrimSpace(lines[i]))
		}
		r := diag.Refusal{Recipient: m[1], Text: strings.Join(text, "\n")}
		if h := reHostSaid().FindStringSubmatch(strings.Join(text, " ")); h != nil {
			r.RemoteHost = strings.ToLower(h[1])
		}
		out = append(out, r)
	}
	return out
}

// eximRefusals reads an indented address and, further indented, what happened.
func eximRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "  ") || strings.HasPrefix(lines[i], "    ") {
			continue
		}
		m := reBare().FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		r := diag.Refusal{Recipient: m[1]}
		var text []string
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    ") {
			i++
			l := strings.TrimSpace(lines[i])
			if h := reEximHost().FindStringSubmatch(l); h != nil {
				r.RemoteHost = strings.ToLower(h[1])
				if _, said, ok := strings.Cut(l, "]: "); ok {
					text = append(text, said)
				}
				continue
			}
			if hasPrefixFold(l, "SMTP error from remote mail") || hasPrefixFold(l, "(generated from") || hasPrefixFold(l, "retry timeout exceeded") && len(text) > 0 {
				r.Stage = firstStage(r.Stage, stageWords(l))
				continue
			}
			text = append(text, l)
		}
		r.Text = strings.Join(text, "\n")
		out = append(out, r)
	}
	return out
}

func firstStage(a, b diag.Stage) diag.Stage {
	if a != "" {
		return a
	}
	return b
}

// qmailRefusals reads "<user@example.com>:" and the paragraph below it.
func qmailRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	for i := 0; i < len(lines); i++ {
		m := reAngled().FindStringSubmatch(lines[i])
		if m == nil || m[2] != "" {
			continue
		}
		text, next := paragraph(lines, i+1)
		i = next
		said := strings.Join(text, "\n")
		if _, s, ok := strings.Cut(said, "Remote host said: "); ok {
			said, _, _ = strings.Cut(s, "\nGiving up on ")
		}
		out = append(out, diag.Refusal{Recipient: m[1], Text: said})
	}
	return out
}

// sendmailRefusals reads the addresses with their reasons and, where a reason
// is missing or cut off, the first refusal of the transcript.
func sendmailRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	said, host := "", ""
	transcript := false
	for i, l := range lines {
		t := strings.TrimSpace(l)
		switch {
		case strings.Contains(t, "Transcript of session follows"):
			transcript = true
		case transcript:
			if m := reTalkingTo().FindStringSubmatch(t); m != nil && host == "" {
				host = strings.ToLower(m[1])
			}
			if s, ok := strings.CutPrefix(t, "<<< "); ok && said == "" && replyLine(s) && s[0] >= '4' {
				said = s
				for j := i + 1; j < len(lines) && said != "" && len(said) > 3 && strings.HasPrefix(strings.TrimSpace(lines[j]), "<<< "+said[:3]); j++ {
					said += "\n" + strings.TrimPrefix(strings.TrimSpace(lines[j]), "<<< ")
				}
			}
		default:
			if m := reReasonIs().FindStringSubmatch(l); m != nil && len(out) > 0 {
				out[len(out)-1].Text = m[1]
			} else if m := reBare().FindStringSubmatch(t); m != nil && !strings.HasPrefix(t, "-") {
				out = append(out, diag.Refusal{Recipient: m[1]})
			}
		}
	}
	for i := range out {
		if len(out) == 1 && said != "" || out[i].Text == "" {
			out[i].Text = cmp.Or(said, out[i].Text)
		}
		out[i].RemoteHost = host
	}
	return out
}

// exchangeRefusals reads the part for administrators, where each recipient is
// followed by what the remote server returned.
func exchangeRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	to := ""
	for i := 0; i < len(lines); i++ {
		t := strings.TrimSpace(lines[i])
		if m := reToField().FindStringSubmatch(t); m != nil {
			to = strings.Trim(m[1], "<>")
			continue
		}
		text := ""
		switch {
		case reServerSays().MatchString(t):
			p, next := paragraph(lines, i)
			i = next
			p[0] = reServerSays().FindStringSubmatch(p[0])[1]
			text = strings.TrimSuffix(strings.Join(p, "\n"), "'")
		case reHashReply().MatchString(t):
			text = reHashReply().FindStringSubmatch(t)[1]
		case reReported().MatchString(t):
			p, next := paragraph(lines, i)
			i = next
			p[0] = reReported().FindStringSubmatch(p[0])[1]
			text = strings.Join(p, "\n")
		default:
			if m := reBare().FindStringSubmatch(t); m != nil {
				to = m[1]
			}
			continue
		}
		if to != "" {
			out = append(out, diag.Refusal{Recipient: to, Text: text})
		}
	}
	return out
}

// oldExchangeRefusals reads "user@example.com on 1/2/2006 …" and the paragraph
// below it.
func oldExchangeRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	for i := 0; i < len(lines); i++ {
		m := reOnDate().FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		text, next := paragraph(lines, i+1)
		i = next
		out = append(out, diag.Refusal{Recipient: m[1], Text: strings.Join(text, "\n")})
	}
	return out
}

// hmailRefusals reads an address and, below it, what the remote server replied.
func hmailRefusals(lines []string) []diag.Refusal {
	var out []diag.Refusal
	for _, l := range lines {
		t := strings.TrimSpace(l)
		if m := reReplied().FindStringSubmatch(t); m != nil {
			if len(out) > 0 {
				out[len(out)-1].Text = m[1]
			}
			continue
		}
		if m := reBare().FindStringSubmatch(t); m != nil && m[0] == t {
			out = append(out, diag.Refusal{Recipient: m[1]})
		}
	}
	return out
}
