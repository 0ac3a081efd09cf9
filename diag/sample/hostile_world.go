package sample

import (
	"fmt"
	"strings"
)

// HostileWorld is a name server and a mail server that answer with attacks
// wherever an answer has room for one.
type HostileWorld struct {
	DNS  *DNS
	SMTP *SMTP
	// IP is the own address whose PTR, lists and names are attacked, Domain the
	// own domain, List a block list's zone that lists both.
	IP, Domain, List string
}

// NewHostileWorld starts the servers with attacks. The caller closes them.
func NewHostileWorld(attacks []Attack) (*HostileWorld, error) {
	w := &HostileWorld{IP: "198.51.100.25", Domain: "harbourline.example", List: "bl.pwnd.example"}
	var names, mx strings.Builder
	var texts []string
	lines := func(code string) (out string) {
		for _, a := range attacks {
			out += code + "-" + oneLine(a.Text) + "\r\n"
		}
		return out
	}
	for i, a := range attacks {
		label := dnsLabel(a.Text)
		fmt.Fprintf(&mx, "a%[2]d.example. MX 10 %[1]s.example.\n", label, i)
		fmt.Fprintf(&names, "25.100.51.198.in-addr.arpa. PTR %[1]s.example.\n25.100.51.198.in-addr.arpa. PTR %[1]s.harbourline.example.\n"+
			"%[1]s.example. A 198.51.100.25\n%[1]s.harbourline.example. CNAME %[1]s.example.\n", label)
		fmt.Fprintf(&mx, "harbourline.example. MX 10 %[1]s.example.\nremote.example. MX 10 %[1]s.example.\n", label)
		texts = append(texts, dnsText(a.Text))
	}
	text := strings.Join(texts, " ")
	zone := names.String() + mx.String() + fmt.Sprintf(`
harbourline.example. A 198.51.100.25
harbourline.example. TXT "v=spf1 include:pwnd.example " %[1]s
harbourline.example. TXT %[1]s
_dmarc.harbourline.example. TXT "v=DMARC1; p=reject; rua=mailto:" %[1]s
pwnd._domainkey.harbourline.example. TXT "v=DKIM1; n=" %[1]s "; p=" %[1]s
pwnd.example. TXT "v=spf1 exp=pwnd.example ?all " %[1]s
mail.harbourline.example. A 198.51.100.25
*.zen.spamhaus.org. A 127.0.0.4
*.zen.spamhaus.org. TXT %[1]s
25.100.51.198.bl.pwnd.example. A 127.0.0.2
25.100.51.198.bl.pwnd.example. TXT %[1]s
2.0.0.127.bl.pwnd.example. A 127.0.0.2
2.0.0.127.bl.pwnd.example. TXT %[1]s
harbourline.example.bl.pwnd.example. A 127.0.0.2
harbourline.example.bl.pwnd.example. TXT %[1]s
`, text)
	var err error
	if w.DNS, err = NewDNS(); err != nil {
		return nil, err
	}
	if err := w.DNS.Zone(".", zone); err != nil {
		_ = w.DNS.Close()
		return nil, fmt.Errorf("hostile zone: %w", err)
	}
	answer := func(code, last string) string {
		return lines(code) + code + " " + last + "\r\n"
	}
	first := oneLine(attacks[0].Text)
	w.SMTP, err = NewSMTP(Script{
		Banner: answer("220", first),
		Replies: map[string]string{
			"EHLO": answer("250", "8BITMIME"), "HELO": answer("250", first), "MAIL": answer("250", first), "RCPT": answer("554", first),
			"RSET": answer("250", first), "QUIT": answer("221", first),
		},
	})
	if err != nil {
		_ = w.DNS.Close()
		return nil, err
	}
	return w, nil
}

// Close ends both servers.
func (w *HostileWorld) Close() error {
	err := w.DNS.Close()
	if e := w.SMTP.Close(); err == nil {
		err = e
	}
	return err
}

// dnsLabel writes the beginning of s as one label of a zone file (RFC 1035
// section 5.1: any byte as \DDD).
func dnsLabel(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return ddd(s)
}

// dnsText writes s as character strings of a zone file, of 200 bytes each.
func dnsText(s string) string {
	if len(s) > 1200 {
		s = s[:1200]
	}
	var parts []string
	for len(s) > 200 {
		parts, s = append(parts, `"`+ddd(s[:200])+`"`), s[200:]
	}
	return strings.Join(append(parts, `"`+ddd(s)+`"`), " ")
}

func ddd(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		fmt.Fprintf(&b, `\%03d`, s[i])
	}
	return b.String()
}
