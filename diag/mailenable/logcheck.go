package mailenable

import (
	"bytes"
	"errors"
)

// LogHead is how much of the beginning of a log CheckLog needs.
const LogHead = 8000

// What is wrong with a log that is none.
var (
	ErrUTF16     = errors.New("UTF-16, which MailEnable does not write; not read")
	ErrNULs      = errors.New("nothing but NUL bytes, as after a power cut")
	ErrNoLog     = errors.New("binary, not a log")
	ErrOtherForm = errors.New("not one line is in a form that is known")
)

// CheckLog returns ErrEmpty, ErrUTF16, ErrNULs or ErrNoLog where head, the
// first LogHead bytes of a log, cannot begin one. NUL bytes before the text
// are what a power cut leaves; the text behind them counts.
func CheckLog(head []byte) error {
	text := bytes.TrimLeft(head, "\x00")
	switch {
	case len(head) == 0:
		return ErrEmpty
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return ErrUTF16
	case len(text) == 0:
		return ErrNULs
	case CheckText(text) == nil:
		return nil
	case wide(head):
		return ErrUTF16
	}
	return ErrNoLog
}

// wide reports whether every other byte is NUL, as in UTF-16 without mark.
func wide(b []byte) bool {
	var nul [2]int
	for i, c := range b {
		if c == 0 {
			nul[i%2]++
		}
	}
	return nul[0]+nul[1] > len(b)/3 && min(nul[0], nul[1]) < len(b)/16
}
