package reply

import (
	"net/netip"
	"strings"
)

// Bounds on what one reply can hold; hostile input may hold thousands.
const (
	maxLinks = 16
	maxHosts = 32
	maxLink  = 2048
)

// links returns the http and https links of s in order, each once.
func links(s string) []string {
	if !strings.Contains(s, "://") {
		return nil
	}
	var out []string
	spans(s, func(p span) {
		u := s[p.from:p.to]
		if p.kind != spanURL || len(out) >= maxLinks || len(u) > maxLink || schemeLen(u) == 0 || !printable(u) || hasUser(u) || cutByControl(s[p.to:]) {
			return
		}
		if !contains(out, u) {
			out = append(out, u)
		}
	})
	return out
}

// hasUser reports whether a link names a user before its host, as in
// "https://bank.example@evil.example/": it reads as one site and leads to
// another.
func hasUser(u string) bool {
	u = u[schemeLen(u):]
	if i := strings.IndexAny(u, "/?#"); i >= 0 {
		u = u[:i]
	}
	return strings.IndexByte(u, '@') >= 0
}

// cutByControl reports whether a link ended at a control character: what stands
// before it is another link than the one that was written.
func cutByControl(rest string) bool {
	rest = strings.TrimLeft(rest, linkTrailers)
	return rest != "" && (rest[0] < ' ' && rest[0] != '\t' && rest[0] != '\n' && rest[0] != '\r' || rest[0] == 0x7F)
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// hosts returns the host names of texts in order, lower case, each once; those
// of links too, those of addresses not.
func hosts(texts ...string) []string {
	var out []string
	for _, s := range texts {
		if strings.IndexByte(s, '.') < 0 {
			continue
		}
		spans(s, func(p span) {
			h := s[p.from:p.to]
			if p.kind == spanURL {
				h = linkHost(h)
			}
			if p.kind == spanAddress || h == "" || len(out) >= maxHosts || !isHost(h) {
				return
			}
			if h = strings.ToLower(h); !contains(out, h) {
				out = append(out, h)
			}
		})
	}
	return out
}

// linkHost returns the host of a link without port and user.
func linkHost(u string) string {
	u = u[schemeLen(u):]
	if i := strings.IndexAny(u, "/?#"); i >= 0 {
		u = u[:i]
	}
	u = u[strings.LastIndexByte(u, '@')+1:]
	if i := strings.IndexByte(u, ':'); i >= 0 {
		u = u[:i]
	}
	return strings.TrimRight(u, ".")
}

// ownIP returns the address that a reply most probably means as the sender's:
// one in a link's parameter before one in brackets before any other. Loopback
// addresses are list codes.
func ownIP(s string) netip.Addr {
	var best netip.Addr
	score := 0
	consider := func(a netip.Addr, from, to int) {
		n := 3
		before := strings.ToLower(s[max(0, from-14):from])
		switch {
		case a.IsLoopback(), a.IsUnspecified(), a.IsMulticast(), a.Is4() && a.As4()[0] == 0, a.Is4() && a.As4()[0] == 127, a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return
		case strings.HasSuffix(before, "dns ip: "), strings.HasSuffix(before, "resolver "), strings.HasSuffix(before, "nameserver "),
			strings.HasSuffix(before, "version "), strings.HasSuffix(before, "version: "):
			return
		case strings.HasSuffix(before, "="):
			n = 5
		case strings.HasSuffix(before, "["), strings.HasSuffix(before, "<"), strings.HasSuffix(before, "("), strings.HasSuffix(before, "< "), strings.HasSuffix(before, "ipv6:"):
			n = 4
		}
		if a.IsPrivate() || a.IsLinkLocalUnicast() {
			n -= 2
		}
		if n > score {
			best, score = a, n
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if i > 0 && (alnum(s[i-1]) || s[i-1] == '.' && i > 1 && alnum(s[i-2])) {
			continue
		}
		switch {
		case asciiDigit(c):
			j, dots := i, 0
			for j < len(s) && (asciiDigit(s[j]) || s[j] == '.' && j+1 < len(s) && asciiDigit(s[j+1])) {
				if s[j] == '.' {
					dots++
				}
				j++
			}
			if dots == 3 && j-i <= 15 && (j == len(s) || !alnum(s[j]) && !(s[j] == '.' && j+1 < len(s) && alnum(s[j+1])) && !(s[j] == '-' && j+1 < len(s) && alnum(s[j+1]))) {
				if a, err := netip.ParseAddr(s[i:j]); err == nil {
					consider(a, i, j)
				}
				i = j
				continue
			}
			if j < len(s) && s[j] != ':' && !isHexLow(s[j]) {
				i = j - 1
				continue
			}
			fallthrough
		case c == ':' || isHexLow(c):
			j, colons := i, 0
			for j < len(s) && (isHexLow(s[j]) || s[j] == ':' || s[j] == '.') && j-i < 46 {
				if s[j] == ':' {
					colons++
				}
				j++
			}
			if colons >= 2 {
				if a, err := netip.ParseAddr(strings.TrimRight(s[i:j], ".:")); err == nil && a.Is6() {
					consider(a, i, j)
				} else if a, err := netip.ParseAddr(s[i:j]); err == nil && a.Is6() {
					consider(a, i, j)
				}
				i = j - 1
			}
		}
	}
	return best
}

func isHexLow(c byte) bool {
	return asciiDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// repair mends links that were broken by blanks within a line.
func repair(s string) string {
	if strings.Contains(s, "htt") || strings.Contains(s, "ttp") || strings.Contains(s, "ht tp") {
		for _, b := range [...][2]string{{"h ttp", "http"}, {"ht tp", "http"}, {"htt p", "http"}, {"http ://", "http://"}, {"http s://", "https://"},
			{"https ://", "https://"}, {"http: //", "http://"}, {"https: //", "https://"}, {"http:/ /", "http://"}, {"https:/ /", "https://"}} {
			if strings.Contains(s, b[0]) {
				s = strings.ReplaceAll(s, b[0], b[1])
			}
		}
	}
	from := 0
	for n := 0; n < maxLinks; n++ {
		at := strings.Index(s[from:], "://")
		if at < 0 {
			break
		}
		at += from
		end := at + 3
		for end < len(s) && s[end] != ' ' {
			end++
		}
		if end+1 >= len(s) {
			break
		}
		if sameLine(s[at:end], s[end+1:]) {
			s = s[:end] + s[end+1:]
			continue
		}
		from = end
	}
	return s
}

// sameLine reports whether the word at the beginning of next continues the link
// that t ends in, from which a blank parts it. It is stricter than
// continuesLink: here a blank is far more often a real one.
func sameLine(t, next string) bool {
	n := next
	if i := strings.IndexByte(next, ' '); i >= 0 {
		n = next[:i]
	}
	n = strings.TrimRight(n, ".,;:)]>")
	if n == "" || strings.ContainsAny(n[:1], "([<\"'*") {
		return false
	}
	rest := t[3:]
	if rest == "" {
		return true
	}
	switch rest[len(rest)-1] {
	case '=', '&':
		return asciiDigit(n[0]) || strings.Contains(n, "=")
	case '.', ',', ';', ':', ')', ']', '>', '!', '"', '\'':
		return false
	}
	if n[0] >= 'A' && n[0] <= 'Z' || strings.Contains(n, "@") || strings.Contains(n, "://") || n == "and/or" {
		return false
	}
	if strings.IndexByte(rest, '/') < 0 {
		return strings.IndexByte(n, '/') > 0 && n[0] != '/' && isTLD(strings.TrimLeft(pathHead(n)[strings.LastIndexByte(pathHead(n), '.')+1:], "."))
	}
	return strings.Contains(n, "/") && n[0] != '/' || pageName(n) || strings.Contains(n, "?") && strings.Contains(n, "=")
}
