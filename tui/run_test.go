package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// terminal keeps what is written to it and tells when the first frame is
// there.
type terminal struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	drawn chan struct{}
	told  bool
}

func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.buf.Write(b)
	if !t.told && strings.Contains(t.buf.String(), "Failures") {
		t.told = true
		close(t.drawn)
	}
	return n, err
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// play runs the whole program on a pipe and types keys.
func play(t *testing.T, spoil func(*Model), keys string) (string, error) {
	t.Helper()
	s := newStage(t, setup{w: 80, h: 24})
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer typed.Close()
	out := &terminal{drawn: make(chan struct{})}
	done := make(chan error, 1)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	go func() {
		done <- runWith(ctx, s.m.sess, Options{CrashDir: dir}, spoil, tea.WithInput(in), tea.WithOutput(out), tea.WithWindowSize(80, 24), tea.WithEnvironment([]string{"TERM=xterm"}))
	}()
	if keys != "" {
		select {
		case <-out.drawn:
		case <-ctx.Done():
			t.Fatal("nothing was drawn")
		}
		if _, err := typed.WriteString(keys); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		t.Fatal("the program did not end")
	}
	return out.String(), err
}

func TestQuitLeavesTheTerminalAsItWas(t *testing.T) {
	out, err := play(t, nil, "q")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "\x1b[?1049h") || strings.LastIndex(out, "\x1b[?1049l") < strings.LastIndex(out, "\x1b[?1049h") {
		t.Error("the alternate screen is not left")
	}
	if strings.LastIndex(out, "\x1b[?25h") < strings.LastIndex(out, "\x1b[?25l") {
		t.Error("the cursor stays hidden")
	}
}

func TestPanicsEndInOrder(t *testing.T) {
	for name, spoil := range map[string]func(*Model){
		"in Update": func(m *Model) { m.sections[0].tabs[0].build = func(*Model, int) content { panic("boom") } },
		"in View":   func(m *Model) { m.sections[0].levels[0].columns[0].text = func(*Model, any) string { panic("boom") } },
		"in a command": func(m *Model) {
			m.sections[0].levels[0].load = func(*data, string) []int32 { panic("boom") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := play(t, spoil, "")
			var c *CrashError
			if !errors.As(err, &c) || c.What != "boom" || !strings.Contains(err.Error(), "crash.txt") {
				t.Fatalf("%v", err)
			}
			b, ferr := os.ReadFile(c.File)
			if ferr != nil || !strings.Contains(string(b), "boom") || !strings.Contains(string(b), "goroutine") {
				t.Errorf("%v: %s", ferr, b)
			}
			if strings.LastIndex(out, "\x1b[?1049l") < strings.LastIndex(out, "\x1b[?1049h") {
				t.Error("the alternate screen is not left")
			}
		})
	}
}

// A journal that cannot be closed is not taken for a terminal that cannot be
// used, however the dashboard ended.
func TestEnding(t *testing.T) {
	disk, term := errors.New("disk full"), errors.New("no console mode")
	for _, c := range []struct {
		run, closing error
		ended        bool
		want         string
	}{
		{nil, nil, false, ""}, {term, nil, false, "no console mode"}, {term, disk, false, "no console mode"}, {tea.ErrInterrupted, nil, false, ""}, {context.Canceled, nil, true, ""},
		{nil, disk, false, "may not have been kept: disk full"}, {tea.ErrInterrupted, disk, false, "may not have been kept: disk full"}, {context.Canceled, disk, true, "may not have been kept: disk full"},
	} {
		got := ""
		err := ending(c.run, c.closing, c.ended)
		if err != nil {
			got = err.Error()
		}
		var closing *CloseError
		if c.want == "" && got != "" || !strings.HasSuffix(got, c.want) || errors.As(err, &closing) != strings.Contains(c.want, "disk") {
			t.Errorf("%v and %v: %q, want %q", c.run, c.closing, got, c.want)
		}
	}
}

func TestEndOfContextQuits(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	var out bytes.Buffer
	in, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := Run(ctx, s.m.sess, Options{}, tea.WithInput(in), tea.WithOutput(&out), tea.WithWindowSize(80, 24)); err != nil {
		t.Error(err)
	}
}
