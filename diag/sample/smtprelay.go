package sample

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"strings"
	"time"
)

// reply returns the answer to one command, "" to drop the connection.
func (t *talk) reply(line string) string {
	v := verb(line)
	if r, ok := t.script.Replies[v]; ok {
		return r
	}
	switch v {
	case "EHLO":
		caps := []string{t.host(), "PIPELINING", "SIZE 10240000", "8BITMIME"}
		if t.script.STARTTLS && !t.session.TLS {
			caps = append(caps, "STARTTLS")
		}
		caps = append(caps, "ENHANCEDSTATUSCODES")
		for i := range caps[:len(caps)-1] {
			caps[i] = "250-" + caps[i]
		}
		caps[len(caps)-1] = "250 " + caps[len(caps)-1]
		return strings.Join(caps, "\r\n") + "\r\n"
	case "HELO":
		return "250 " + t.host() + "\r\n"
	case "STARTTLS":
		if t.script.STARTTLS {
			return "220 2.0.0 Ready to start TLS\r\n"
		}
	case "MAIL":
		return t.mail(path(line))
	case "RCPT":
		return t.rcpt(path(line))
	case "RSET", "NOOP":
		t.sender = ""
		return "250 2.0.0 Ok\r\n"
	case "DATA":
		return "354 End data with <CR><LF>.<CR><LF>\r\n"
	case "QUIT":
		return "221 2.0.0 Bye\r\n"
	}
	return "502 5.5.2 Error: command not recognized\r\n"
}

// path returns what stands between the angle brackets of MAIL and RCPT.
func path(line string) string {
	i, j := strings.IndexByte(line, '<'), strings.LastIndexByte(line, '>')
	if i < 0 || j < i {
		return ""
	}
	return line[i+1 : j]
}

func (t *talk) mail(sender string) string {
	if t.script.NeedTLS && !t.session.TLS {
		return "530 5.7.0 Must issue a STARTTLS command first\r\n"
	}
	if t.script.Relay == RelayAuthMail {
		return "530 5.7.0 Authentication required\r\n"
	}
	t.sender = sender
	return "250 2.1.0 Ok\r\n"
}

func (t *talk) rcpt(rcpt string) string {
	ok, reply := t.accepts(rcpt)
	if ok {
		return "250 2.1.5 Ok\r\n"
	}
	if t.refused++; t.script.MaxRefused > 0 && t.refused >= t.script.MaxRefused {
		t.ban()
	}
	return reply + "\r\n"
}

// ban refuses every further connection at the banner.
func (t *talk) ban() {
	t.srv.mu.Lock()
	defer t.srv.mu.Unlock()
	t.srv.script.Banner = "530 " + t.host() + " ESMTP MailEnable Service denied access\r\n"
	t.srv.script.Close = true
}

// accepts decides about one recipient and returns the refusal otherwise.
func (t *talk) accepts(rcpt string) (bool, string) {
	local, user := t.local(rcpt)
	known := len(t.script.Users) == 0 || slices.Contains(t.script.Users, user)
	odd := strings.ContainsAny(rcpt, `%!":[`) || strings.Count(rcpt, "@") > 1
	denied := "554 5.7.1 <" + rcpt + ">: Relay access denied"
	switch t.script.Relay {
	case "", RelayEverything:
		return true, ""
	case RelayAuth:
		return false, "554 5.7.1 <client>: Client host rejected: Access denied"
	case RelayCatchAll:
		return local || odd, denied
	case RelayPercent:
		if local && strings.ContainsAny(rcpt, "%!") {
			return true, ""
		}
	}
	if local {
		return known, "550 5.1.1 <" + rcpt + ">: Recipient address rejected: User unknown in local recipient table"
	}
	switch t.script.Relay {
	case RelayOpen:
		return true, ""
	case RelayForged:
		l, _ := t.local(t.sender)
		return l, denied
	case RelayNullSender:
		return t.sender == "", denied
	case RelayTrusts:
		for _, p := range t.script.Trusted {
			if p.Contains(t.session.From.Addr().Unmap()) {
				return true, ""
			}
		}
	}
	return false, denied
}

// local reports whether an address lies in a local domain, and its local part.
func (t *talk) local(address string) (bool, string) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return false, address
	}
	domain := strings.ToLower(address[i+1:])
	return slices.ContainsFunc(t.script.Local, func(l string) bool { return strings.EqualFold(l, domain) }), address[:i]
}

// certificate makes a self-signed certificate for host.
func certificate(host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
