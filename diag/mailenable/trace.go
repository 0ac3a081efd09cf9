package mailenable

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"metriage/diag"
)

// Trace is what the beginning of a message says of how it came about.
type Trace struct {
	// CatchAllFor is the address of a catch-all's trace header: "Received: from
	// … for <address> with MailEnable Catch-All Filter".
	CatchAllFor string
	// SignedIn is set where MailEnable's own Received line says ESMTPA.
	SignedIn bool
	// Client is the address in MailEnable's topmost Received line that has one.
	Client netip.Addr
	// Script are header fields by which web scripts and their hosts can be
	// told, at most ten.
	Script []diag.Field
	// Links are the registrable domains of links in the text, at most ten.
	Links []string
	// Subject is decoded (RFC 2047).
	Subject string
	// From is the address of the From field.
	From string
}

var (
	reCatchAll = pattern(`(?i)for\s+<([^>\s]+)>\s+with\s+MailEnable\s+Catch-All`)
	reOwnLine  = pattern(`(?i)\bwith\s+MailEnable\s+(ESMTPA?)\b`)
	reLink     = pattern(`(?i)https?://[^\s"'<>()\[\]\\]{4,200}`)
)

// scriptFields are header fields that PHP, web frameworks and control panels
// add to what a script sends.
var scriptFields = []string{
	"x-php-originating-script", "x-php-script", "x-php-filename", "x-source", "x-source-args", "x-source-dir",
	"x-originating-script", "x-mailer", "x-web-script", "x-wp-mailer", "x-get-message-sender-via",
}

// ReadTrace reads the beginning of a message, header and some of the text.
func ReadTrace(head []byte) Trace {
	var t Trace
	if len(head) > MaxBounce {
		head = head[:MaxBounce]
	}
	name, value := "", ""
	flush := func() {
		if name != "" {
			t.field(name, value)
		}
		name, value = "", ""
	}
	for lines := 0; len(head) > 0 && lines < maxHeaderLines; lines++ {
		var line []byte
		line, head = cutLine(head)
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(value) < 8<<10 {
				value += " " + toUTF8(bytes.TrimSpace(line))
			}
			continue
		}
		flush()
		if i := bytes.IndexByte(line, ':'); i > 0 {
			name, value = strings.ToLower(toUTF8(bytes.TrimSpace(line[:i]))), shorten(toUTF8(bytes.TrimSpace(line[i+1:])), 8<<10)
		}
	}
	flush()
	t.links(head)
	return t
}

func (t *Trace) field(name, value string) {
	switch name {
	case "received":
		if m := reCatchAll().FindStringSubmatch(value); m != nil && t.CatchAllFor == "" {
			t.CatchAllFor = m[1]
		} else if m := reOwnLine().FindStringSubmatch(value); m != nil && !t.Client.IsValid() {
			t.SignedIn = strings.EqualFold(m[1], "ESMTPA")
			t.Client = bracketed([]byte(value[strings.IndexByte(value, '(')+1:]))
		}
	case "subject":
		if t.Subject == "" {
			t.Subject = decodeWords(value)
		}
	case "from":
		if t.From == "" {
			t.From = address(value)
		}
	default:
		for _, s := range scriptFields {
			if name == s && len(t.Script) < 10 {
				t.Script = append(t.Script, diag.Field{Key: name, Value: shorten(diag.Clean(value), 200)})
			}
		}
	}
}

// links takes the domains of the links in the text; text that is encoded as
// base64 is left alone, since it would have to be read whole.
func (t *Trace) links(body []byte) {
	// Soft line breaks and "=3D" of quoted-printable.
	body = bytes.ReplaceAll(bytes.ReplaceAll(body[:min(len(body), MaxHead)], []byte("=\r\n"), nil), []byte("=\n"), nil)
	for _, m := range reLink().FindAll(body, 100) {
		u, err := url.Parse(toUTF8(m))
		if err != nil || u.Hostname() == "" {
			continue
		}
		d := diag.DomainKey(u.Hostname())
		if r, err := publicsuffix.EffectiveTLDPlusOne(d); err == nil {
			d = r
		}
		known := len(t.Links) >= 10
		for _, have := range t.Links {
			known = known || have == d
		}
		if !known {
			t.Links = append(t.Links, d)
		}
	}
}

// ReadTraceOf reads the trace of the message at path: a message file, whose
// beginning is read and closed at once.
func ReadTraceOf(fsys FS, dir, name string) (Trace, error) {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return Trace{}, err
	}
	defer d.Close()
	buf := make([]byte, MaxHead)
	n, err := d.Read(name, buf)
	if err != nil {
		return Trace{}, err
	}
	if err := CheckText(buf[:n]); err != nil {
		return Trace{}, err
	}
	return ReadTrace(buf[:n]), nil
}
