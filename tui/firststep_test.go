package tui

import (
	"slices"
	"testing"

	"metriage/diag"
)

// A plan that comes anew with another first step opens that one, but not once
// somebody reads the steps or chose one.
func TestFirstStepOpensAnew(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want string
	}{
		{"nobody was there", nil, "new"},
		{"somebody reads", []string{"enter", "enter", "3"}, "old"},
		{"a step was chosen", []string{"enter", "enter", "3", "enter", "enter", "esc"}, "old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, setup{w: 200, h: 60})
			s.press(c.keys...)
			plan := *s.m.plan
			steps := slices.Clone(plan.Steps)
			if len(steps) < 2 || !s.m.itemOpen("step "+steps[0].Key()) {
				t.Fatalf("the first of %d steps is not open", len(steps))
			}
			first := map[string]diag.Step{"old": steps[0], "new": steps[len(steps)-1]}
			slices.Reverse(steps)
			plan.Steps = steps
			s.send(planMsg{s.m.planKey(), plan})
			if s.m.plan.Steps[0].Key() != first["new"].Key() {
				t.Fatal("the plan was not taken")
			}
			for name, step := range first {
				if open := s.m.itemOpen("step " + step.Key()); open != (name == c.want) {
					t.Errorf("the %s first step is open: %v", name, open)
				}
			}
		})
	}
}
