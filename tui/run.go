package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"metriage/diag"
	"metriage/diag/triage"
)

// framesPerSecond is how often the renderer looks for something to draw; it
// writes only where something changed. A key waits half a frame on average.
const framesPerSecond = 120

// firstFrame is how long the reading waits, so that it does not compete with
// the first frame for the processors.
const firstFrame = 3 * time.Second / framesPerSecond

// Run shows the dashboard until the admin quits or ctx ends. However it ends,
// the terminal is as it was. A fault of the program comes back as a CrashError,
// what went wrong when the session was closed as a CloseError.
func Run(ctx context.Context, s *triage.Session, o Options, opts ...tea.ProgramOption) error {
	return runWith(ctx, s, o, nil, opts...)
}

// runWith is Run with a last change to the model, for tests.
func runWith(ctx context.Context, s *triage.Session, o Options, change func(*Model), opts ...tea.ProgramOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !o.ASCII {
		go warmWidths()
	}
	g := &guard{model: New(ctx, s, o)}
	if change != nil {
		change(g.model)
	}
	p := tea.NewProgram(g, append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(framesPerSecond)}, opts...)...)
	g.quit = p.Quit
	_, err := p.Run()
	ended := ctx.Err() != nil
	cancel() // what is under way ends before the session closes
	if c := g.crashed(); c != nil {
		// The session is not closed: what broke off may hold its locks.
		c.save(o.CrashDir)
		return c
	}
	return ending(err, s.Close(), ended)
}

// ending returns what is to be said of how the dashboard ended: why it could
// not go on, else why its session could not be closed. That it was ended from
// outside is no fault.
func ending(run, closing error, ended bool) error {
	switch {
	case run != nil && !errors.Is(run, tea.ErrInterrupted) && !errors.Is(run, io.EOF) && !ended:
		return run
	case closing != nil:
		return &CloseError{closing}
	}
	return nil
}

// CloseError is what went wrong after the dashboard had ended: what it noted
// last may not be on the disk.
type CloseError struct{ Err error }

func (c *CloseError) Error() string {
	return fmt.Sprintf("what was noted last may not have been kept: %v", c.Err)
}

func (c *CloseError) Unwrap() error { return c.Err }

// warmWidths has the renderer's table of character widths built, which else
// happens in the first frame and doubles the time for it.
func warmWidths() { ansi.StringWidthWc(unicodeGlyphs.vline) }

// CrashError is a fault of the program itself.
type CrashError struct {
	What  string
	Stack []byte
	// File is where the details were written, "" where they could not be.
	File string
}

func (c *CrashError) Error() string {
	if c.File == "" {
		return "metriage broke off because of a fault of its own: " + c.What
	}
	return fmt.Sprintf("metriage broke off because of a fault of its own: %s; please report it with the file %s, which holds no mail", c.What, c.File)
}

// save writes the details to a file.
func (c *CrashError) save(dir string) {
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	path := filepath.Join(dir, "crash.txt")
	text := fmt.Sprintf("metriage on %s %s/%s\n%s\n\n%s", runtime.Version(), runtime.GOOS, runtime.GOARCH, c.What, c.Stack)
	if os.WriteFile(path, []byte(text), 0o600) == nil {
		c.File = path
	}
}

// guard catches what panics in the model or in a command, so that the program
// ends in order and the terminal comes back.
type guard struct {
	model *Model
	quit  func()

	mu    sync.Mutex
	crash *CrashError
}

func (g *guard) crashed() *CrashError {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.crash
}

// caught notes the first panic and asks the program to end.
func (g *guard) caught(p any) {
	g.mu.Lock()
	first := g.crash == nil
	if first {
		f := diag.FaultOf(p)
		g.crash = &CrashError{What: diag.Clean(f.Error()), Stack: f.Stack}
	}
	g.mu.Unlock()
	if first && g.quit != nil {
		go g.quit()
	}
}

// begin is what the model does first, once the first frame had its time.
type begin struct{ cmd tea.Cmd }

// Init implements tea.Model.
func (g *guard) Init() (cmd tea.Cmd) {
	defer func() {
		if p := recover(); p != nil {
			g.caught(p)
		}
	}()
	first := g.model.Init()
	return tea.Tick(firstFrame, func(time.Time) tea.Msg { return begin{first} })
}

// Update implements tea.Model.
func (g *guard) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	next = g
	defer func() {
		if p := recover(); p != nil {
			g.caught(p)
		}
	}()
	if b, ok := msg.(begin); ok {
		return g, g.guarded(b.cmd)
	}
	_, cmd = g.model.Update(msg)
	return next, g.guarded(cmd)
}

// View implements tea.Model.
func (g *guard) View() (v tea.View) {
	defer func() {
		if p := recover(); p != nil {
			g.caught(p)
			v = tea.NewView("")
		}
	}()
	return g.model.View()
}

// guarded makes a command, and those of a batch, end in caught instead of the
// end of the program.
func (g *guard) guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if p := recover(); p != nil {
				g.caught(p)
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = g.guarded(batch[i])
			}
		}
		return msg
	}
}
