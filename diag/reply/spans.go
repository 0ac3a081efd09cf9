package reply

import "strings"

// spanKind is what a stretch of a reply is. Keywords count in prose only: a
// host called spamfilter.example or a sender called abuse@ says nothing.
type spanKind uint8

const (
	spanProse spanKind = iota
	spanHost
	spanURL
	spanAddress
)

// span is one stretch of a text that is not prose.
type span struct {
	from, to int
	kind     spanKind
}

// delimiters end a word for the purpose of finding hosts and addresses.
var delimiters = func() (t [256]bool) {
	for _, c := range " \t\r\n<>()[]{}\"'`,;|*=:/\\!?&#%^~" {
		t[c] = true
	}
	return t
}()

// spans calls found for every link, address and host name of s, in order.
func spans(s string, found func(span)) {
	for i := 0; i < len(s); {
		c := s[i]
		if delimiters[c] {
			i++
			continue
		}
		if c == 'h' || c == 'H' {
			if n := schemeLen(s[i:]); n > 0 {
				end := linkEnd(s, i+n)
				if end > i+n {
					found(span{i, end, spanURL})
				}
				i = end
				continue
			}
		}
		if c == '.' {
			i++ // "#.prod.protection.outlook.com"
			continue
		}
		j, dot, at := i, false, -1
		for j < len(s) && !delimiters[s[j]] {
			switch s[j] {
			case '.':
				dot = true
			case '@':
				at = j
			}
			j++
		}
		end := j
		for end > i && s[end-1] == '.' {
			end--
		}
		switch {
		case at > i && at+1 < end:
			// "prvs=tag=user@host": the tag belongs to the address.
			from := i
			for from > 0 && s[from-1] == '=' {
				k := from - 1
				for k > 0 && !delimiters[s[k-1]] {
					k--
				}
				from = k
			}
			found(span{from, end, spanAddress})
		case dot && isHost(s[i:end]):
			if j < len(s) && s[j] == '/' && end == j {
				// a link without its scheme
				j = linkEnd(s, j)
				found(span{i, j, spanURL})
				break
			}
			found(span{i, end, spanHost})
		}
		i = j
	}
}

// schemeLen returns the length of "http://" or "https://" at the beginning of
// s, 0 where there is none.
func schemeLen(s string) int {
	if len(s) < 7 || !strings.EqualFold(s[:4], "http") {
		return 0
	}
	if s[4] == ':' && s[5] == '/' && s[6] == '/' {
		return 7
	}
	if len(s) >= 8 && (s[4] == 's' || s[4] == 'S') && s[5] == ':' && s[6] == '/' && s[7] == '/' {
		return 8
	}
	return 0
}

// linkTrailers are the characters that end a sentence or a bracket rather than
// a link.
const linkTrailers = ".,;:!)]}*"

// linkEnd returns where the link ends that goes on at i.
func linkEnd(s string, i int) int {
	j := i
	for j < len(s) {
		c := s[j]
		if c <= ' ' || c == '<' || c == '>' || c == '"' || c == '\'' || c == '`' || c == '|' || c == 0x7F {
			break
		}
		if (c == 'h' || c == 'H') && j > i && s[j-1] == '/' && schemeLen(s[j:]) > 0 {
			break
		}
		j++
	}
	for j > i && strings.IndexByte(linkTrailers, s[j-1]) >= 0 {
		if s[j-1] == ')' && strings.IndexByte(s[i:j], '(') >= 0 {
			break
		}
		j--
	}
	return j
}

// isHost reports whether s is a host name with a dot: labels of letters,
// digits, hyphens and underscores, the last one a top-level domain.
func isHost(s string) bool {
	if len(s) > 253 {
		return false
	}
	label, tld := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.':
			if i == label {
				return false
			}
			label, tld = i+1, i
		case alnum(c) || c == '-' || c == '_':
		default:
			return false
		}
	}
	if tld == 0 {
		return false
	}
	last := s[tld+1:]
	// "rejected.Please": a sentence without a blank.
	if len(last) > 1 && last[0] >= 'A' && last[0] <= 'Z' && last[1] >= 'a' {
		return false
	}
	return isTLD(last)
}

// longTLDs are the top-level domains of more than three letters that hosts in
// replies have; shorter ones are taken on their looks.
var longTLDs = wordSet("info mobi name online cloud email network example local invalid internal site shop tech systems services " +
	"zone test localdomain host live mail arpa website space digital agency group company world club solutions support media store " +
	"center global today life berlin hamburg koeln cologne bayern wien tirol swiss amsterdam brussels vlaanderen paris london scot " +
	"wales moscow africa asia travel museum coop aero jobs post institute international technology consulting software hosting " +
	"house works energy health care school university community foundation church city estate legal finance academy blog news " +
	"page link click team plus pizza cafe restaurant photography gmbh immo versicherung haus reise reisen corp home lab lan")

// notTLDs are endings of three letters that are files or Exchange's event names.
var notTLDs = wordSet("exe php asp jsp cgi txt dll bat scr pif vbs htm rar doc xls pdf jpg gif png log cfg adr dns xml lua sql eml msg")

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

func isTLD(s string) bool {
	if len(s) < 2 || len(s) > 24 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !asciiLetter(s[i]) {
			return len(s) > 4 && strings.EqualFold(s[:4], "xn--")
		}
	}
	if len(s) == 2 {
		return true
	}
	var low [24]byte
	for i := 0; i < len(s); i++ {
		low[i] = s[i] | 0x20
	}
	if len(s) == 3 {
		return !notTLDs[string(low[:3])]
	}
	return longTLDs[string(low[:len(s)])]
}
