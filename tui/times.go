package tui

import (
	"fmt"
	"time"
)

// clock writes a moment for people.
func (m *Model) clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return m.sess.Clock(t)
}

// age writes how long ago a moment was in at most four characters.
func (m *Model) age(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	d := m.sess.Now().Sub(t)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	case d < 1000*24*time.Hour:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
	return fmt.Sprintf("%dy", int(d.Hours()/24/365))
}
