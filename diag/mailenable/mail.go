package mailenable

import (
	"bytes"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"metriage/diag"
)

// Mail is a message opened for reading: everything is decoded, bounded and
// without control characters.
type Mail struct {
	// Fields are the header fields in their order, decoded (RFC 2047), at most
	// maxMailFields.
	Fields []diag.Field
	// Text is the text part or, where there is none, the HTML part as text.
	Text     string
	FromHTML bool
	// Attachments are the parts that are no text to read, at most maxParts.
	Attachments []Attachment
	// Note says in a sentence why not all could be read, "" where it was.
	Note string
}

// Attachment is a part of a message that is not shown.
type Attachment struct {
	Name string // "" where it has none
	Type string // "application/pdf"
	Size int    // bytes, decoded, as far as the message was read
}

// Limits of a message that is opened.
const (
	// MaxMail is how much of a message is read.
	MaxMail       = 2 << 20
	maxMailFields = 200
	maxMailValue  = 2000
	maxMailText   = 64 << 10
	maxNested     = 60   // multiparts
	maxDashes     = 2000 // lines that may begin a part
)

// OpenMail takes a message apart. Mail that breaks the rules is shown as far as
// it can be.
func OpenMail(data []byte) Mail {
	m := Mail{Fields: mailFields(data)}
	if len(data) > MaxMail {
		data = data[:MaxMail]
	}
	if n := nested(data); n > maxNested || n > 0 && bytes.Count(data, []byte("\n--")) > maxDashes {
		// Taking it apart costs the square of that.
		m.Note = "It has more parts than any honest mail; Raw shows it as it is."
		return m
	}
	parser := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.MaxStoredPartErrors(16),
		enmime.DisableCharacterDetection(true), enmime.DisableTextConversion(true))
	env, err := parser.ReadEnvelope(bytes.NewReader(data))
	if err != nil {
		m.Note = "Its parts could not be taken apart; Raw shows it as it is."
		return m
	}
	text := env.Text
	if strings.TrimSpace(text) == "" && env.HTML != "" {
		text, m.FromHTML = htmlText(env.HTML), true
	}
	if len(text) > maxMailText {
		text = strings.ToValidUTF8(text[:maxMailText], "")
		m.Note = "The text goes on; only its beginning is shown."
	}
	m.Text = strings.TrimSpace(diag.CleanLines(text))
	m.attachments(env)
	return m
}

// attachments lists the parts that are neither shown nor hold others.
func (m *Mail) attachments(env *enmime.Envelope) {
	var walk func(p *enmime.Part)
	walk = func(p *enmime.Part) {
		for ; p != nil; p = p.NextSibling {
			kind := strings.ToLower(p.ContentType)
			shown := p.FileName == "" && !strings.EqualFold(p.Disposition, "attachment") && (kind == "" || kind == "text/plain" || kind == "text/html")
			if p.FirstChild == nil && !shown && !strings.HasPrefix(kind, "multipart/") && len(m.Attachments) < maxParts {
				m.Attachments = append(m.Attachments, Attachment{
					Name: shorten(diag.Clean(p.FileName), 200), Type: shorten(diag.Clean(kind), 100), Size: len(p.Content),
				})
			}
			walk(p.FirstChild)
		}
	}
	walk(env.Root)
}

// nested is how many multiparts a message announces at most.
func nested(data []byte) int {
	const word = "boundary"
	n := 0
	for len(data) >= len(word) {
		i := bytes.IndexAny(data, "bB")
		if i < 0 || len(data)-i < len(word) {
			break
		}
		if bytes.EqualFold(data[i:i+len(word)], []byte(word)) {
			n++
		}
		data = data[i+1:]
	}
	return n
}

// mailFields reads the header block of a message.
func mailFields(data []byte) []diag.Field {
	var out []diag.Field
	add := func(name, value string) {
		if name != "" && len(out) < maxMailFields {
			out = append(out, diag.Field{Key: shorten(diag.Clean(name), 100), Value: shorten(diag.Clean(decodeWords(value)), maxMailValue)})
		}
	}
	name, value := "", ""
	for lines := 0; len(data) > 0 && lines < maxHeaderLines; lines++ {
		var line []byte
		line, data = cutLine(data)
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(value) < 4*maxMailValue {
				value += " " + toUTF8(bytes.TrimSpace(line))
			}
			continue
		}
		add(name, value)
		name, value = "", ""
		if i := bytes.IndexByte(line, ':'); i > 0 {
			name, value = toUTF8(bytes.TrimSpace(line[:i])), shorten(toUTF8(bytes.TrimSpace(line[i+1:])), 4*maxMailValue)
		}
	}
	add(name, value)
	return out
}

// OpenMailAt reads the message at path and opens it; more reports that it is
// longer than what was read.
func OpenMailAt(fsys FS, dir, name string) (m Mail, more bool, err error) {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return m, false, err
	}
	defer d.Close()
	buf := make([]byte, MaxMail+1)
	n, err := d.Read(name, buf)
	if err == nil {
		err = CheckText(buf[:n])
	}
	if err != nil {
		return m, false, err
	}
	m = OpenMail(buf[:min(n, MaxMail)])
	return m, n > MaxMail, nil
}
