package check

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

func (j *job) planDKIM() []task {
	domains := j.domains()
	if len(domains) == 0 {
		return []task{j.skipped(DKIM, "No sender domain is known; name it with --domain.")}
	}
	if len(j.req.Selectors) == 0 {
		return []task{j.skipped(DKIM, "No DKIM selector is known for "+and(domains[:min(len(domains), 3)])+"; name it with --selector (MailEnable's usual one is in Config, DKIM-<domain>.SYS).")}
	}
	var out []task
	for _, d := range domains {
		for _, s := range j.req.Selectors {
			name := diag.DomainKey(s) + "._domainkey." + d
			out = append(out, single(DKIM, name, func(ctx context.Context) []diag.Finding { return j.dkim(ctx, name) }))
		}
	}
	return out
}

// dkim checks a DKIM key record (RFC 6376 section 3.6.1).
func (j *job) dkim(ctx context.Context, name string) []diag.Finding {
	r := j.result(DKIM, name)
	s := j.look(ctx, name, dns.TypeTXT)
	r.saw(s.answers()...)
	var more []diag.Finding
	if s.split {
		more = j.splitView(name, s)
	}
	a := s.judged()
	switch a.Outcome() {
	case dnsq.NoName, dnsq.NoData:
		return append(r.end("dkim-missing", "There is no DKIM key at %s.", name), more...)
	case dnsq.Found:
	default:
		return append(r.end("dkim-unknown", "The DKIM key at %s could not be seen: %s.", name, unseen(a)), more...)
	}
	texts := a.Texts()
	if len(texts) > 1 {
		return append(r.end("dkim-invalid", "There are %d TXT records at %s; a DKIM key stands alone (RFC 6376 section 3.6.2.2).", len(texts), name), more...)
	}
	k, err := parseDKIM(texts[0])
	if err != nil {
		return append(r.end("dkim-invalid", "The DKIM key at %s is not usable: %s.", name, err), more...)
	}
	for _, n := range k.notes {
		r.note("%s", n)
	}
	return append(r.end("dkim-ok", "There is a DKIM key at %s: %s.", name, k.what), more...)
}

// dkimKey is a key record that is usable.
type dkimKey struct {
	what  string // "RSA, 2048 bits"
	notes []string
}

// parseTags takes a list of tag=value pairs apart (RFC 6376 section 3.2).
func parseTags(s string) (map[string]string, error) {
	tags := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		k, v, ok := strings.Cut(part, "=")
		k = strings.TrimSpace(k)
		if !ok || k == "" {
			return nil, fmt.Errorf("%q is no tag", cut(diag.Clean(part), 40))
		}
		if _, twice := tags[k]; twice {
			return nil, fmt.Errorf("the tag %q is there twice", cut(diag.Clean(k), 40))
		}
		tags[k] = strings.TrimSpace(v)
	}
	return tags, nil
}

// parseDKIM judges a key record.
func parseDKIM(txt string) (dkimKey, error) {
	var k dkimKey
	if len(txt) > 16<<10 {
		return k, errors.New("it is longer than 16 KiB")
	}
	tags, err := parseTags(txt)
	if err != nil {
		return k, err
	}
	if v, ok := tags["v"]; ok && v != "DKIM1" {
		return k, fmt.Errorf("its version is %q, not DKIM1", cut(v, 40))
	}
	p, ok := tags["p"]
	if !ok {
		return k, errors.New("it holds no key (p=)")
	}
	p = strings.Join(strings.Fields(p), "")
	if p == "" {
		return k, errors.New("the key is revoked (p= is empty)")
	}
	der, err := base64.StdEncoding.DecodeString(p)
	if err != nil {
		return k, errors.New("the key is cut off or damaged (no base64)")
	}
	if h := tags["h"]; h != "" && !slices.Contains(splitList(h), "sha256") {
		return k, errors.New("it does not allow SHA-256 (h=), the only hash that is still accepted (RFC 8301)")
	}
	if s := tags["s"]; s != "" && !slices.Contains(splitList(s), "*") && !slices.Contains(splitList(s), "email") {
		return k, errors.New("it is not meant for mail (s=)")
	}
	if slices.Contains(splitList(tags["t"]), "y") {
		k.notes = append(k.notes, "The record says that DKIM is being tested (t=y): receivers may ignore it.")
	}
	switch t := strings.ToLower(tags["k"]); t {
	case "", "rsa":
		return k.rsa(der)
	case "ed25519":
		if len(der) != ed25519.PublicKeySize {
			return k, errors.New("the Ed25519 key is cut off or damaged")
		}
		k.what = "Ed25519"
		k.notes = append(k.notes, "Not every receiver knows Ed25519; sign with RSA as well (RFC 8463).")
		return k, nil
	default:
		return k, fmt.Errorf("its kind of key, %q, is not known", cut(t, 40))
	}
}

func (k dkimKey) rsa(der []byte) (dkimKey, error) {
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		// Some tools leave out the wrapping.
		if pub, err = x509.ParsePKCS1PublicKey(der); err != nil {
			return k, errors.New("the key is cut off or damaged")
		}
	}
	key, ok := pub.(*rsa.PublicKey)
	if !ok {
		return k, errors.New("the key is no RSA key, as k= says")
	}
	n := key.N.BitLen()
	k.what = fmt.Sprintf("RSA, %d bits", n)
	switch {
	case n < 1024:
		return k, fmt.Errorf("the key has %d bits, and receivers ignore keys below 1024 (RFC 8301)", n)
	case n < 2048:
		k.notes = append(k.notes, "2048 bits are recommended (RFC 8301).")
	}
	return k, nil
}

func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ":") {
		out = append(out, strings.ToLower(strings.TrimSpace(p)))
	}
	return out
}
