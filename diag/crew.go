package diag

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Crew runs functions side by side, as a sync.WaitGroup does. A panic in one of
// them does not end the program: Wait raises it again, where whoever called can
// end in order. The zero value is ready.
type Crew struct {
	wg    sync.WaitGroup
	first atomic.Pointer[Fault]
}

// Fault is a panic of another goroutine, with the stack where it happened.
type Fault struct {
	What  any
	Stack []byte
}

func (f *Fault) Error() string { return fmt.Sprint(f.What) }

// FaultOf makes a fault of what was recovered; one that comes from another
// goroutine stays as it is.
func FaultOf(p any) *Fault {
	if f, ok := p.(*Fault); ok {
		return f
	}
	return &Fault{What: p, Stack: debug.Stack()}
}

// Go runs f.
func (c *Crew) Go(f func()) {
	c.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				c.first.CompareAndSwap(nil, FaultOf(p))
			}
		}()
		f()
	})
}

// Settle waits for all functions and raises nothing, for a goroutine that
// nobody guards. Wait has to follow.
func (c *Crew) Settle() { c.wg.Wait() }

// Wait waits for all functions. It panics with the first Fault.
func (c *Crew) Wait() {
	c.wg.Wait()
	if f := c.first.Load(); f != nil {
		panic(f)
	}
}
