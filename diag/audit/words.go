package audit

import (
	"strings"

	"metriage/diag"
)

// count writes "1 message" or "1,204 messages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "address") {
		return diag.Thousands(n) + " " + noun + "es"
	}
	return diag.Thousands(n) + " " + noun + "s"
}

// orNone writes a number, "none" for 0.
func orNone(n int) string {
	if n == 0 {
		return "none"
	}
	return diag.Thousands(n)
}

// list writes up to five names, the rest as a number.
func list(names []string) string {
	for i := range names {
		names[i] = diag.Clean(names[i])
	}
	n := len(names)
	switch {
	case n == 0:
		return "none"
	case n == 1:
		return names[0]
	case n > maxSummaryList:
		return strings.Join(names[:maxSummaryList], ", ") + " and " + diag.Thousands(n-maxSummaryList) + " more"
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// usualWords writes what is usual of a burst.
func (b burst) usualWords() string {
	switch {
	case !b.known:
		return "no earlier days to compare with"
	case b.usual < 1:
		return "usually none a day"
	}
	return "usually " + diag.Thousands(int(b.usual+0.5)) + " a day"
}

// percent of a whole.
func percent(part, whole int) int {
	if whole <= 0 {
		return 0
	}
	return int((int64(part)*100 + int64(whole)/2) / int64(whole))
}

// entries counts the entries of the deny list.
func entries(n int) string {
	if n == 1 {
		return "1 entry of the deny list"
	}
	return diag.Thousands(n) + " entries of the deny list"
}

// boxWords counts mailboxes.
func boxWords(n int) string {
	if n == 1 {
		return "1 mailbox"
	}
	return diag.Thousands(n) + " mailboxes"
}
