package diag

import (
	"strings"
	"testing"
)

// A panic beside is raised where one waits, with the stack of where it was, and
// the others end first.
func TestCrewRaisesFaultsWhereOneWaits(t *testing.T) {
	var c Crew
	ended := make(chan bool, 1)
	c.Go(func() { breakOff() })
	c.Go(func() { ended <- true })
	c.Settle()
	defer func() {
		f, ok := recover().(*Fault)
		if !ok || f.Error() != "boom" || !strings.Contains(string(f.Stack), "breakOff") || len(ended) != 1 {
			t.Errorf("%v, %d ended", f, len(ended))
		}
		if again := FaultOf(f); again != f {
			t.Error("a fault is wrapped twice")
		}
	}()
	c.Wait()
	t.Error("nothing was raised")
}

func breakOff() { panic("boom") }
