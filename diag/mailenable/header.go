package mailenable

import (
	"bytes"
	"strings"
)

// header is what a header block tells about a message, as far as telling
// bounces from other mail needs it.
type header struct {
	from, to, cc, subject       string
	date, messageID, returnPath string
	contentType, encoding       string
	failedRecipients            string // X-Failed-Recipients, Exim
	hasReturnPath               bool
	meFilter                    bool
	fields                      int
}

// parseHeader reads a header block and returns what follows the empty line
// after it. A block without end, cut off or not, ends with the input.
func parseHeader(s string) (h header, body string) {
	var field, value string
	flush := func() {
		if field != "" {
			h.set(field, value)
		}
		field, value = "", ""
	}
	for lines := 0; len(s) > 0 && lines < maxHeaderLines; lines++ {
		var line string
		line, s = nextLine(s)
		if len(strings.TrimSpace(line)) == 0 {
			flush()
			return h, s
		}
		if line[0] == ' ' || line[0] == '\t' {
			if field != "" && len(value) < 8<<10 {
				value += " " + validText(strings.TrimSpace(line))
			}
			continue
		}
		flush()
		i := strings.IndexByte(line, ':')
		if i <= 0 {
			continue
		}
		h.fields++
		if wanted := canonical(strings.TrimRight(line[:i], " \t")); wanted != "" {
			field, value = wanted, shorten(validText(strings.TrimSpace(line[i+1:])), 8<<10)
		}
	}
	flush()
	return h, s
}

// wantedFields are the fields that header keeps, by the length of their names.
var wantedFields = func() (t [32][]string) {
	for _, w := range []string{
		"from", "to", "cc", "subject", "date", "message-id", "return-path", "content-type",
		"content-transfer-encoding", "x-mefilter", "x-failed-recipients",
	} {
		t[len(w)] = append(t[len(w)], w)
	}
	return t
}()

func canonical(name string) string {
	if len(name) >= len(wantedFields) {
		return ""
	}
	for _, w := range wantedFields[len(name)] {
		if strings.EqualFold(w, name) {
			return w
		}
	}
	return ""
}

func (h *header) set(name, v string) {
	keep := func(p *string) {
		if *p == "" {
			*p = v
		}
	}
	switch name {
	case "from":
		keep(&h.from)
	case "to":
		keep(&h.to)
	case "cc":
		keep(&h.cc)
	case "subject":
		keep(&h.subject)
	case "date":
		keep(&h.date)
	case "message-id":
		keep(&h.messageID)
	case "return-path":
		h.hasReturnPath = true
		keep(&h.returnPath)
	case "content-type":
		keep(&h.contentType)
	case "content-transfer-encoding":
		keep(&h.encoding)
	case "x-mefilter":
		h.meFilter = true
	case "x-failed-recipients":
		keep(&h.failedRecipients)
	}
}

// deliverySubsystem reports whether MailEnable's own sender name is in From.
func (h *header) deliverySubsystem() bool {
	return indexFold(h.from, "delivery subsystem") >= 0
}

// trust is how sure a header block makes it that a mail system wrote the text.
type trust uint8

const (
	byNobody  trust = iota // a person's mail, or a program's that is no mail system
	bySomeone              // signs that mail of other programs bears too
	bySystem
)

// trust says whether a mail system made the message. A person who quotes a
// bounce writes under a name and gets no null sender; but help desks answer
// from the null sender as well, persons write as postmaster, and MailEnable
// puts X-MEFilter on mail of all kinds.
func (h *header) trust() trust {
	if h.failedRecipients != "" || h.deliverySubsystem() || hasPrefixFold(h.contentType, "multipart/report") {
		return bySystem
	}
	if indexFold(h.from, "mail delivery") >= 0 || indexFold(h.from, "mailer-daemon") >= 0 {
		return bySystem
	}
	local, _, _ := strings.Cut(strings.ToLower(address(h.from)), "@")
	switch local {
	case "mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon":
		return bySystem
	case "postmaster":
		return bySomeone
	}
	if h.from == "" || h.hasReturnPath && strings.Trim(h.returnPath, "<> \t") == "" {
		return bySomeone
	}
	return byNobody
}

// plainBody reports whether the body can be read as it stands: one text part,
// not encoded, in ASCII or UTF-8.
func (h *header) plainBody() bool {
	switch strings.ToLower(strings.TrimSpace(h.encoding)) {
	case "", "7bit", "8bit", "binary":
	default:
		return false
	}
	t := strings.ToLower(h.contentType)
	if t != "" && !strings.HasPrefix(t, "text/plain") {
		return false
	}
	if i := strings.Index(t, "charset="); i >= 0 {
		cs := strings.Trim(t[i+len("charset="):], "\"' ")
		return strings.HasPrefix(cs, "us-ascii") || strings.HasPrefix(cs, "utf-8") || strings.HasPrefix(cs, "ascii")
	}
	return true
}

// startsWithHeader reports whether the first line is a header field rather
// than text: a name of letters, digits and hyphens right before a colon, and
// not MailEnable's own heading or reason line, which look like one.
func startsWithHeader(b []byte) bool {
	line, _ := cutLine(b)
	if bytes.HasPrefix(line, []byte("From ")) {
		return true
	}
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return false
	}
	for _, c := range line[:i] {
		if !(c == '-' || c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z') {
			return false
		}
	}
	name := strings.ToLower(string(line[:i]))
	if name == "mailenable" || name == "http" || name == "https" {
		return false
	}
	return !(name == "reason" || reasonCode(string(line)) != "")
}
