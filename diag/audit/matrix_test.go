package audit

import "testing"

// One refusal after the last acceptance may be about the recipient; that a
// provider takes nothing any more takes two, and the first of them is when.
func TestOnsetOfTheMatrixTakesTwo(t *testing.T) {
	s := newScript("ours.example")
	step := func(reply string) Delivered {
		s.when = s.when.Add(3600e9)
		s.goes("anna@ours.example", "b@x.example", "Hello", reply)
		m := s.c.Matrix()
		if len(m) != 1 {
			t.Fatalf("%+v", m)
		}
		return m[0]
	}
	step("250 ok")
	if d := step("550 no"); !d.Onset.IsZero() || d.Refused != 1 {
		t.Errorf("after one: %+v", d)
	}
	first := s.when
	if d := step("550 no"); !d.Onset.Equal(first) {
		t.Errorf("after two: %+v, want the onset at %v", d, first)
	}
	if d := step("250 ok"); !d.Onset.IsZero() || !d.LastAccepted.Equal(s.when) {
		t.Errorf("accepted again: %+v", d)
	}
	if d := step("550 no"); !d.Onset.IsZero() {
		t.Errorf("one after that: %+v", d)
	}
}
