package mailenable

import (
	"net/mail"
	"strings"
	"time"
)

// sent returns the Date field, zero where there is none or it is no date.
func (h *header) sent() time.Time {
	if h.date == "" {
		return time.Time{}
	}
	if t, ok := usualDate(h.date); ok {
		return t
	}
	t, err := mail.ParseDate(h.date)
	if err != nil {
		return time.Time{}
	}
	return t
}

// id returns the Message-ID without angle brackets.
func (h *header) id() string { return strings.Trim(strings.TrimSpace(h.messageID), "<>") }

// address returns the first address of a header value, bare.
func address(v string) string {
	if a, ok := usualAddress(strings.TrimSpace(v)); ok {
		return a
	}
	if a := addresses(v); len(a) > 0 {
		return a[0]
	}
	return ""
}

// addresses returns the bare addresses of a header value. Values that break
// RFC 5322 are searched for anything with an "@".
func addresses(v string) []string {
	v = strings.TrimSpace(v)
	if v == "" {
		return nil
	}
	if a, ok := usualAddress(v); ok {
		return []string{a}
	}
	var out []string
	if list, err := (&mail.AddressParser{WordDecoder: &wordDecoder}).ParseList(v); err == nil {
		for _, a := range list {
			out = append(out, a.Address)
		}
		return out
	}
	for _, f := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" \t,;<>()[]\"'", r) }) {
		if i := strings.IndexByte(f, '@'); i > 0 && i < len(f)-1 {
			out = append(out, strings.TrimPrefix(f, "SMTP:"))
		}
	}
	return out
}

// usualAddress reads the forms that nearly all fields have: one address, bare
// or in angle brackets, after a name of words or in quotes. For all others ok
// is false, and net/mail has to look at them.
func usualAddress(v string) (address string, ok bool) {
	if n := len(v); n > 0 && v[n-1] == '>' {
		open := strings.LastIndexByte(v, '<')
		if open < 0 || !plainName(strings.TrimRight(v[:open], " ")) {
			return "", false
		}
		v = v[open+1 : n-1]
	}
	at := strings.IndexByte(v, '@')
	if at <= 0 || !dotAtom(v[:at]) || !dotAtom(v[at+1:]) {
		return "", false
	}
	return v, true
}

// plainName reports whether s is a display name (RFC 5322 section 3.4) of
// plain words, or of anything plain in quotes.
func plainName(s string) bool {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		for _, c := range []byte(s[1 : len(s)-1]) {
			if c < ' ' || c >= 0x7F || c == '"' || c == '\\' {
				return false
			}
		}
		return true
	}
	for _, c := range []byte(s) {
		if c != ' ' && !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z') {
			return false
		}
	}
	return true
}

// dotAtom reports whether s is a dot-atom (RFC 5322 section 3.2.3) of the usual
// characters.
func dotAtom(s string) bool {
	last := byte('.')
	for _, c := range []byte(s) {
		switch {
		case c == '.':
			if last == '.' {
				return false
			}
		case c == '-' || c == '_' || c == '+' || c == '=' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z':
		default:
			return false
		}
		last = c
	}
	return last != '.'
}

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// usualDate reads "Tue, 15 Jan 2019 12:20:12 +0100", the form of RFC 5322 that
// nearly all mail has. For all others ok is false.
func usualDate(s string) (t time.Time, ok bool) {
	if len(s) > 5 && s[3] == ',' && s[4] == ' ' {
		switch s[:3] {
		case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		default:
			return t, false
		}
		s = s[5:]
	}
	if len(s) == len("5 Jan 2019 12:20:12 +0100") {
		s = "0" + s
	}
	const form = "05 Jan 2019 12:20:12 +0100"
	if len(s) != len(form) || s[2] != ' ' || s[6] != ' ' || s[11] != ' ' || s[14] != ':' || s[17] != ':' || s[20] != ' ' {
		return t, false
	}
	month := strings.Index(monthNames, s[3:6])
	day, ok1 := digits(s[0:2])
	year, ok2 := digits(s[7:11])
	hour, ok3 := digits(s[12:14])
	minute, ok4 := digits(s[15:17])
	second, ok5 := digits(s[18:20])
	zone, ok6 := digits(s[22:26])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || month < 0 || month%3 != 0 || hour > 23 || minute > 59 || second > 59 || zone%100 > 59 || zone/100 > 23 {
		return t, false
	}
	seconds := (zone/100*60 + zone%100) * 60
	switch s[21] {
	case '-':
		seconds = -seconds
	case '+':
	default:
		return t, false
	}
	t = time.Date(year, time.Month(month/3+1), day, hour, minute, second, 0, time.FixedZone("", seconds))
	return t, t.Day() == day
}

func digits(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
