package check

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"

	"metriage/diag"
	"metriage/diag/sample"
)

// spfZone holds records of every kind.
const spfZone = `
pass TXT "v=spf1 ip4:198.51.100.10 -all"
soft TXT "v=spf1 ip4:192.0.2.1 ~all"
neutral TXT "v=spf1 ip4:192.0.2.1 ?all"
noall TXT "v=spf1 ip4:192.0.2.1"
two TXT "v=spf1 -all"
two TXT "v=spf1 +all"
open TXT "v=spf1 +all"
bad TXT "v=spf1 ip4:300.1.1.1 -all"
typo TXT "v=spf1 ipv4:198.51.100.10 -all"
incl TXT "v=spf1 include:pass -all"
inclfqdn TXT "v=spf1 include:pass.spf.test -all"
inclnone TXT "v=spf1 include:none.spf.test -all"
redir TXT "v=spf1 redirect=pass.spf.test"
mx MX 10 mail.example.test.
mx TXT "v=spf1 mx -all"
a A 198.51.100.10
a TXT "v=spf1 a -all"
none TXT "something else"
lost TXT "v=spf1 include:lostinc.spf.test -all"
loop TXT "v=spf1 include:loop.spf.test -all"
many TXT "v=spf1 ip4:198.51.100.10 include:m1.spf.test include:m2.spf.test include:m3.spf.test include:m4.spf.test include:m5.spf.test include:m6.spf.test include:m7.spf.test include:m8.spf.test include:m9.spf.test include:m10.spf.test include:m11.spf.test -all"
*.w TXT "v=spf1 ?all"
evil TXT "v=spf1 \027[2J\226\128\174 -all"
`

func TestSPF(t *testing.T) {
	d := labDNS(t)
	zone := spfZone
	for _, m := range strings.Fields("m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11") {
		zone += m + " TXT \"v=spf1 ip4:192.0.2.77\"\n"
	}
	if err := d.Zone("spf.test", zone); err != nil {
		t.Fatal(err)
	}
	d.Behave("lostinc.spf.test", sample.Behaviour{Rcode: 2})
	d.Behave("dead.spf.test", sample.Behaviour{Drop: -1})
	ten, eleven := netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("198.51.100.11")
	for _, c := range []struct {
		domain string
		ips    []netip.Addr
		code   string
		word   string // in summary or notes
	}{
		{"pass.spf.test", []netip.Addr{ten}, "spf-pass", "ip4:198.51.100.10"},
		{"pass.spf.test", []netip.Addr{eleven}, "spf-fail", "by all"},
		{"pass.spf.test", []netip.Addr{ten, eleven}, "spf-fail", "198.51.100.11"},
		{"soft.spf.test", []netip.Addr{ten}, "spf-softfail", ""},
		{"neutral.spf.test", []netip.Addr{ten}, "spf-neutral", ""},
		{"noall.spf.test", []netip.Addr{ten}, "spf-neutral", ""},
		{"two.spf.test", []netip.Addr{ten}, "spf-permerror", "only one is allowed"},
		{"open.spf.test", []netip.Addr{eleven}, "spf-pass", "whole world"},
		{"bad.spf.test", []netip.Addr{ten}, "spf-permerror", "address that is none"},
		{"typo.spf.test", []netip.Addr{ten}, "spf-permerror", "word that SPF does not know"},
		{"inclfqdn.spf.test", []netip.Addr{ten}, "spf-pass", "include:pass.spf.test"},
		{"inclnone.spf.test", []netip.Addr{ten}, "spf-permerror", ""},
		{"redir.spf.test", []netip.Addr{ten}, "spf-pass", "redirect=pass.spf.test"},
		{"mx.spf.test", []netip.Addr{ten}, "spf-pass", "takes 1 lookup of"},
		{"a.spf.test", []netip.Addr{ten}, "spf-pass", ""},
		{"a.spf.test", []netip.Addr{netip.MustParseAddr("2001:db8::25")}, "spf-fail", ""},
		{"none.spf.test", []netip.Addr{ten}, "spf-none", ""},
		{"nothing.spf.test", []netip.Addr{ten}, "spf-none", ""},
		{"lost.spf.test", []netip.Addr{ten}, "spf-temperror", "SERVFAIL"},
		{"dead.spf.test", []netip.Addr{ten}, "spf-temperror", "in time"},
		{"loop.spf.test", []netip.Addr{ten}, "spf-permerror", "more than 10 lookups"},
		{"many.spf.test", []netip.Addr{ten}, "spf-pass", "takes 11 lookups"},
		{"many.spf.test", []netip.Addr{eleven}, "spf-permerror", "more than 10 lookups"},
		{"evil.spf.test", []netip.Addr{ten}, "spf-permerror", ""},
		{"example.test", []netip.Addr{ten}, "spf-pass", "v=spf1 ip4:198.51.100.10 -all"},
		{"spf2.example.test", []netip.Addr{ten}, "spf-permerror", ""},
	} {
		r := runner(t, Options{}, d.Addr())
		run := r.Run(t.Context(), Request{Words: []string{SPF}, Target: diag.Target{Domains: []string{c.domain}, IPs: c.ips}}, nil)
		sound(t, run)
		f := find1(t, run, SPF, c.domain, "")
		if f.Code != c.code || !strings.Contains(f.Summary+"\n"+notesOf(f), c.word) || len(f.Evidence) == 0 {
			t.Errorf("%s for %v: %s (%s), want %s with %q\n%s", c.domain, c.ips, f.Code, f.Summary, c.code, c.word, notesOf(f))
		}
	}
	// With a smart host, its address is what the record must allow.
	r := runner(t, Options{}, d.Addr())
	run := r.Run(t.Context(), Request{Words: []string{SPF}, SmartHost: "mail.example.test:587", Target: diag.Target{Domains: []string{"pass.spf.test"}}}, nil)
	if f := find1(t, run, SPF, "", ""); f.Code != "spf-pass" || !strings.Contains(f.Summary, "the smart host's address 198.51.100.10") {
		t.Errorf("smart host: %s (%s)", f.Code, f.Summary)
	}
}

func TestDKIM(t *testing.T) {
	spki := func(bits int) string {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edKey := base64.StdEncoding.EncodeToString(ed)
	k2048, k1024 := spki(2048), spki(1024)
	const k512 = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL4+WKZg0Fx0Ag1L2tZGdaCDNoZcAbXCFwQJYyL0Z8Z3X0oq0jTnqk9jU8pZ1y1oB1y0J3XyqAq3e3mVvyyl3w8CAwEAAQ=="
	for name, c := range map[string]struct {
		txt, word string
		ok        bool
	}{
		"2048":         {"v=DKIM1; k=rsa; p=" + k2048, "RSA, 2048 bits", true},
		"no version":   {"p=" + k2048, "RSA, 2048 bits", true},
		"blanks":       {"v=DKIM1; p=" + k2048[:100] + " " + k2048[100:], "RSA, 2048 bits", true},
		"1024":         {"v=DKIM1; p=" + k1024, "RSA, 1024 bits", true},
		"ed25519":      {"v=DKIM1; k=ed25519; p=" + edKey, "Ed25519", true},
		"testing":      {"v=DKIM1; t=y:s; p=" + k2048, "RSA", true},
		"512":          {"v=DKIM1; p=" + k512, "512 bits", false},
		"cut off":      {"v=DKIM1; p=" + k2048[:200], "cut off", false},
		"lab":          {"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "cut off", false},
		"no base64":    {"v=DKIM1; p=abc!", "base64", false},
		"revoked":      {"v=DKIM1; p=", "revoked", false},
		"no key":       {"v=DKIM1; k=rsa", "no key", false},
		"version":      {"v=DKIM2; p=" + k2048, "version", false},
		"sha1":         {"v=DKIM1; h=sha1; p=" + k2048, "SHA-256", false},
		"not for mail": {"v=DKIM1; s=tlsrpt; p=" + k2048, "not meant for mail", false},
		"kind":         {"v=DKIM1; k=dsa; p=" + k2048, "not known", false},
		"wrong kind":   {"v=DKIM1; k=ed25519; p=" + k2048, "damaged", false},
		"twice":        {"v=DKIM1; p=a; p=b", "twice", false},
		"no tags":      {"hello world", "no tag", false},
		"huge":         {strings.Repeat("x", 20<<10), "16 KiB", false},
	} {
		k, err := parseDKIM(c.txt)
		got := k.what
		if err != nil {
			got = err.Error()
		}
		if (err == nil) != c.ok || !strings.Contains(got, c.word) {
			t.Errorf("%s: %q, %v", name, k.what, err)
		}
	}
	d := labDNS(t)
	if err := d.Set("good._domainkey.example.test", "TXT", `"v=DKIM1; p=`+k2048[:200]+`" "`+k2048[200:]+`"`); err != nil {
		t.Fatal(err)
	}
	if err := d.Set("double._domainkey.example.test", "TXT", `"v=DKIM1; p=`+k1024+`"`, `"v=DKIM1; p="`); err != nil {
		t.Fatal(err)
	}
	d.Behave("lost._domainkey.example.test", sample.Behaviour{Rcode: 2})
	r := runner(t, Options{}, d.Addr())
	run := r.Run(t.Context(), Request{Words: []string{DKIM}, Selectors: []string{"good", "sel1", "revoked", "nothing", "double", "lost"}, Target: diag.Target{Domains: []string{"example.test"}}}, nil)
	sound(t, run)
	for sel, code := range map[string]string{"good": "dkim-ok", "sel1": "dkim-invalid", "revoked": "dkim-invalid", "nothing": "dkim-missing", "double": "dkim-invalid", "lost": "dkim-unknown"} {
		if f := find1(t, run, DKIM, sel+"._domainkey.example.test", ""); f.Code != code {
			t.Errorf("%s: %s (%s), want %s", sel, f.Code, f.Summary, code)
		}
	}
	run = r.Run(t.Context(), Request{Words: []string{DKIM}, Target: diag.Target{Domains: []string{"example.test"}}}, nil)
	if f := find1(t, run, DKIM, "", ""); f.Code != "dkim-skipped" || !strings.Contains(f.Summary, "--selector") {
		t.Errorf("without a selector: %s (%s)", f.Code, f.Summary)
	}
}

func TestDMARCAndSender(t *testing.T) {
	d := labDNS(t)
	if err := d.Zone("m.test", `
_dmarc.ok TXT "v=DMARC1; p=reject; rua=mailto:a@b.test; adkim=s"
_dmarc.two TXT "v=DMARC1; p=none"
_dmarc.two TXT "v=DMARC1; p=reject"
_dmarc.bad TXT "v=DMARC1; p=maybe"
_dmarc.nop TXT "v=DMARC1; rua=mailto:a@b.test"
_dmarc.other TXT "unrelated"
_dmarc.other TXT "v=DMARC1;p=quarantine"
_dmarc.evil TXT "v=DMARC1; p=\027[2J"
@ TXT "x"
ok MX 10 mx
mx A 198.51.100.10
null MX 0 .
addr A 198.51.100.10
priv MX 10 inner
inner A 192.168.1.2
local MX 10 localhost.
gone MX 10 nothing
some MX 10 nothing
some MX 20 mx
nada TXT "x"
lostmx MX 10 lost
`); err != nil {
		t.Fatal(err)
	}
	if err := d.Zone("org.example", "_dmarc TXT \"v=DMARC1; p=none; sp=reject\"\nsub A 198.51.100.10"); err != nil {
		t.Fatal(err)
	}
	d.Behave("_dmarc.lost.m.test", sample.Behaviour{Rcode: 2})
	d.Behave("lost.m.test", sample.Behaviour{Rcode: 2})
	r := runner(t, Options{}, d.Addr())
	for _, c := range []struct{ check, domain, code, word string }{
		{DMARC, "ok.m.test", "dmarc-ok", "policy reject"},
		{DMARC, "two.m.test", "dmarc-invalid", "2 DMARC records"},
		{DMARC, "bad.m.test", "dmarc-invalid", "policy"},
		{DMARC, "nop.m.test", "dmarc-invalid", "'p'"},
		{DMARC, "other.m.test", "dmarc-ok", "quarantine"},
		{DMARC, "evil.m.test", "dmarc-invalid", ""},
		{DMARC, "addr.m.test", "dmarc-none", ""},
		{DMARC, "sub.org.example", "dmarc-ok", "reject (of org.example"},
		{DMARC, "org.example", "dmarc-ok", "policy none"},
		{DMARC, "lost.m.test", "dmarc-unknown", ""},
		{DMARC, "example.test", "dmarc-ok", "quarantine"},
		{Sender, "ok.m.test", "sender-ok", "mx.m.test"},
		{Sender, "null.m.test", "sender-null-mx", ""},
		{Sender, "addr.m.test", "sender-ok", ""},
		{Sender, "priv.m.test", "sender-bogus", "192.168.1.2"},
		{Sender, "local.m.test", "sender-bogus", "localhost"},
		{Sender, "gone.m.test", "sender-bogus", "no address"},
		{Sender, "some.m.test", "sender-ok", ""},
		{Sender, "nada.m.test", "sender-no-mx", "neither"},
		{Sender, "nothing.m.test", "sender-no-mx", "does not exist"},
		{Sender, "lost.m.test", "sender-unknown", ""},
		{Sender, "lostmx.m.test", "sender-unknown", ""},
	} {
		run := r.Run(t.Context(), Request{Words: []string{c.check}, Target: diag.Target{Domains: []string{c.domain}}}, nil)
		sound(t, run)
		if f := find1(t, run, c.check, c.domain, ""); f.Code != c.code || !strings.Contains(f.Summary, c.word) {
			t.Errorf("%s %s: %s (%s), want %s with %q", c.check, c.domain, f.Code, f.Summary, c.code, c.word)
		}
	}
}

func FuzzParseDKIM(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
	f.Add("v=DKIM1; k=ed25519; t=y; h=sha256; s=*; p=")
	f.Add("\x1b[2J=;=;p=!")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := parseDKIM(s)
		if err == nil && k.what == "" {
			t.Errorf("%q is neither good nor bad", s)
		}
	})
}
