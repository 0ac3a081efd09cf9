package mailenable

import (
	"bytes"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// mimeMessage is a message taken apart by enmime: its readable texts and the
// machine-readable parts of a report.
type mimeMessage struct {
	texts   []string // text/plain first, then text/html as text
	status  []byte   // message/delivery-status (RFC 3464)
	headers []byte   // text/rfc822-headers or message/rfc822 of the returned message
}

// maxParts bounds how many parts of a message are looked at.
const maxParts = 64

// openMIME decodes a message that is multipart, quoted-printable, base64 or in
// another charset. enmime collects errors instead of failing on broken mail.
func openMIME(data []byte) (mimeMessage, error) {
	// What a part says of its charset is believed: guessing costs more than
	// everything else together.
	parser := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.MaxStoredPartErrors(16), enmime.DisableCharacterDetection(true))
	env, err := parser.ReadEnvelope(bytes.NewReader(data))
	if err != nil {
		return mimeMessage{}, err
	}
	var m mimeMessage
	if strings.TrimSpace(env.Text) != "" {
		m.texts = append(m.texts, env.Text)
	}
	seen := 0
	var walk func(p *enmime.Part)
	walk = func(p *enmime.Part) {
		for ; p != nil && seen < maxParts; p = p.NextSibling {
			seen++
			switch strings.ToLower(p.ContentType) {
			case "message/delivery-status":
				if m.status == nil {
					m.status = p.Content
				}
			case "text/rfc822-headers", "message/rfc822":
				if m.headers == nil {
					m.headers = p.Content
				}
			case "text/plain":
				if t := string(p.Content); strings.TrimSpace(t) != "" && (len(m.texts) == 0 || t != m.texts[0]) {
					m.texts = append(m.texts, t)
				}
			}
			walk(p.FirstChild)
		}
	}
	walk(env.Root)
	return m, nil
}
