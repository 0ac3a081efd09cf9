package mailenable

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
)

// ParseEnvelope reads a command file: lines of Key=Value with blanks around
// either, keys in any case, unknown keys kept. Nothing in it is fatal; what
// could not be understood is in ParseErrors. id is the file's name.
func ParseEnvelope(id string, content []byte) diag.Envelope {
	e := diag.Envelope{ID: strings.ToUpper(id)}
	content = bytes.TrimPrefix(content, []byte(utf8BOM))
	for len(content) > 0 {
		var line []byte
		line, content = cutLine(content)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		k, v, ok := bytes.Cut(line, []byte{'='})
		key, value := toUTF8(bytes.TrimSpace(k)), toUTF8(bytes.TrimSpace(v))
		if !ok || key == "" {
			e.ParseErrors = append(e.ParseErrors, "a line that is not Key=Value: "+shorten(toUTF8(line), 60))
			continue
		}
		if set, known := envelopeKeys[strings.ToLower(key)]; !known {
			e.Unknown = append(e.Unknown, diag.Field{Key: key, Value: value})
		} else if err := set(&e, value); err != nil {
			e.ParseErrors = append(e.ParseErrors, fmt.Sprintf("%s=%s: %v", key, shorten(value, 60), err))
		}
	}
	return e
}

// envelopeKeys are the keys of command files that public sources show.
var envelopeKeys = map[string]func(*diag.Envelope, string) error{
	"domainname":  func(e *diag.Envelope, v string) error { e.Domain = v; return nil },
	"account":     func(e *diag.Envelope, v string) error { e.Account = v; return nil },
	"user":        func(e *diag.Envelope, v string) error { e.User = v; return nil },
	"commandtype": func(e *diag.Envelope, v string) error { e.Command = v; return nil },
	"status":      func(e *diag.Envelope, v string) error { e.Status = v; return nil },
	"subject":     func(e *diag.Envelope, v string) error { e.Subject = decodeWords(v); return nil },
	"recipients": func(e *diag.Envelope, v string) error {
		e.Recipients = appendAddresses(e.Recipients, v)
		return nil
	},
	"sender": func(e *diag.Envelope, v string) error {
		if a := appendAddresses(nil, v); len(a) > 0 {
			e.Sender = a[0]
		}
		e.NullSender = e.Sender == ""
		return nil
	},
	"clientip": func(e *diag.Envelope, v string) (err error) {
		if v != "" {
			e.ClientIP, err = netip.ParseAddr(v)
		}
		return err
	},
	"statuscode": func(e *diag.Envelope, v string) (err error) {
		e.HasStatus = true
		e.StatusCode, err = number(v)
		return err
	},
	"retries": func(e *diag.Envelope, v string) (err error) {
		e.Retries, err = number(v)
		return err
	},
	"timeacquired": func(e *diag.Envelope, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err == nil && n > 0 {
			e.Acquired = time.Unix(n, 0).UTC()
		}
		return err
	},
}

func number(v string) (int, error) {
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("not a count")
	}
	return n, nil
}

// appendAddresses appends the addresses of a value such as
// "[SMTP:a@x];[SMTP:b@y]", whatever separates them; a value without brackets
// is split at ";" and ",".
func appendAddresses(to []string, v string) []string {
	if !strings.Contains(v, "[") {
		for _, a := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == ',' }) {
			if a = strings.Trim(a, "<> \t"); a != "" && len(to) < maxRecipients {
				to = append(to, a)
			}
		}
		return to
	}
	for len(to) < maxRecipients {
		open := strings.IndexByte(v, '[')
		if open < 0 {
			return to
		}
		v = v[open+1:]
		end := strings.IndexByte(v, ']')
		if end < 0 {
			return to
		}
		if a := connectorAddress(v[:end]); a != "" {
			to = append(to, a)
		}
		v = v[end+1:]
	}
	return to
}

// connectorAddress returns the address of "SMTP:user@domain"; other
// connectors (SF:postoffice/mailbox) keep their prefix, since they are no
// mail addresses.
func connectorAddress(v string) string {
	v = strings.TrimSpace(v)
	if len(v) >= 5 && strings.EqualFold(v[:5], "SMTP:") {
		return strings.Trim(strings.TrimSpace(v[5:]), "<>")
	}
	return v
}
