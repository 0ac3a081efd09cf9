package tui

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/sample"
	"metriage/diag/triage"
)

// at is the moment at which the tests look.
var at = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// stage is a dashboard with a sample installation and its world. Commands run
// as they do in the program; settle waits until none is under way.
type stage struct {
	t     testing.TB
	m     *Model
	world *sample.World
	msgs  chan tea.Msg
	busy  sync.WaitGroup
	n     int // commands under way
	said  []string
	later atomic.Int64 // how far the clock has gone on
}

// now is the clock of the stage.
func (s *stage) now() time.Time { return at.Add(time.Duration(s.later.Load())) }

// tree writes the sample once for all tests.
var tree = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(shortTemp(), "metriage-tui-")
	if err != nil {
		return "", err
	}
	_, err = sample.Write(context.Background(), siteIn(dir), sample.Options{Seed: 1, Now: at})
	return dir, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := hostileTree(); err == nil {
		_ = os.RemoveAll(dir)
	}
	if dir, err := tree(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(leaked(code))
}

// leaked is the exit code of tests that end with code: none may leave a
// goroutine behind. What bubbletea does not end after a crash is left out: its
// reader of the terminal and commands that were under way, which go with the
// process.
func leaked(code int) int {
	const program = "charm.land/bubbletea/v2.(*Program)."
	err := goleak.Find(
		goleak.IgnoreAnyFunction(program+"execBatchMsg"), goleak.IgnoreAnyFunction(program+"execBatchMsg.func2"),
		goleak.IgnoreAnyFunction(program+"readLoop"), goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).StreamEvents.func1"),
	)
	if code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// shortTemp is the folder for temporary files, a short one where there is one:
// a long path would fold the lines of the kept screens elsewhere.
func shortTemp() string {
	const short = "/tmp"
	if fi, err := os.Stat(short); err == nil && fi.IsDir() && len(os.TempDir()) > len(short) {
		return short
	}
	return os.TempDir()
}

// siteIn is the sample's root in a temporary folder. It has the same length in
// every run, so that lines with it wrap alike.
func siteIn(dir string) string {
	return filepath.Join(dir, "site"+strings.Repeat("-", max(0, 31-len(dir))))
}

type setup struct {
	w, h  int
	opt   Options
	root  string
	scene func(*sample.Scene)
	hold  bool // do not read yet
	// story plays a story of the demo on a tree of its own, with its repairs.
	story *string
	allow bool // --allow-changes
}

func newStage(t testing.TB, s setup) *stage {
	t.Helper()
	sample1 := sample.Options{Seed: 1, Now: at}
	if s.story != nil {
		sample1.Story = *s.story
		s.root = filepath.Join(t.TempDir(), "site")
		if _, err := sample.Write(context.Background(), s.root, sample1); err != nil {
			t.Fatal(err)
		}
	}
	if s.root == "" {
		dir, err := tree()
		if err != nil {
			t.Fatal(err)
		}
		s.root = siteIn(dir)
	}
	scene, err := sample1.Scene()
	if err != nil {
		t.Fatal(err)
	}
	if s.scene != nil {
		s.scene(&scene)
	}
	world, err := scene.Play()
	if err != nil {
		t.Fatal(err)
	}
	st := &stage{t: t, world: world, msgs: make(chan tea.Msg, 64)}
	resolver := dnsq.New(dnsq.Options{Servers: []string{world.DNS()}})
	var walker *dnsq.Walker
	if s.story != nil {
		_, port, _ := net.SplitHostPort(world.DNS())
		n, _ := strconv.ParseUint(port, 10, 16)
		walker = dnsq.NewWalker(resolver, []string{world.DNS()}, uint16(n))
		s.opt.Commands = append(s.opt.Commands, demoRepairs(st, sample1, s.root)...)
	}
	ctx, cancel := context.WithCancel(context.Background())
	sess := triage.New(triage.Options{
		Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }},
		Roots:   []string{s.root}, Since: 30 * 24 * time.Hour, Now: st.now,
		DNS: resolver, Walker: walker, Dial: world.Dial,
		Played: s.story != nil, AllowChanges: s.allow, Limits: check.Limits{Pace: -1}, Target: world.Relay(), Domains: scene.Domains, LocalDomains: scene.Domains,
	})
	if problems, err := sess.Ready(); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if errs := sess.Locate(); len(errs) > 0 && !s.hold {
		t.Fatal(errs)
	}
	if s.opt.Tick == nil {
		s.opt.Tick = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	}
	st.m = New(ctx, sess, s.opt)
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() { st.busy.Wait(); close(done) }()
		for {
			select {
			case <-st.msgs:
				continue
			case <-done:
			}
			break
		}
		if err := st.m.sess.CloseState(); err != nil {
			t.Error(err)
		}
		if f := world.Forbidden(); len(f) > 0 {
			t.Errorf("sent what a check must never send: %v", f)
		}
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	st.send(tea.WindowSizeMsg{Width: s.w, Height: s.h})
	if !s.hold {
		st.do(st.m.Init())
		st.settle()
	}
	return st
}

// demoRepairs are the demo's own commands.
func demoRepairs(s *stage, o sample.Options, root string) []Command {
	var out []Command
	for _, r := range s.world.Repairs() {
		out = append(out, Command{Name: "demo-repair " + r.ID, Help: r.Title, Run: func(context.Context) (string, error) {
			if err := s.world.Repair(r.ID); err != nil {
				return "", err
			}
			var done []string
			for _, x := range s.world.Repairs() {
				if s.world.Repaired(x.ID) {
					done = append(done, x.ID)
				}
			}
			_, err := o.Recover(root, done, s.now())
			return r.Title, err
		}})
	}
	return out
}

// do runs a command; each part of a batch counts before it starts.
func (s *stage) do(c tea.Cmd) {
	if c == nil {
		return
	}
	s.n++
	s.busy.Add(1)
	go func() {
		defer s.busy.Done()
		s.msgs <- c()
	}()
}

// send hands a message to Update.
func (s *stage) send(msg tea.Msg) {
	_, cmd := s.m.Update(msg)
	s.do(cmd)
}

// settle works until no command is under way.
func (s *stage) settle() {
	s.t.Helper()
	deadline := time.After(60 * time.Second)
	for s.n > 0 {
		select {
		case msg := <-s.msgs:
			s.n--
			s.take(msg)
		case <-deadline:
			s.t.Fatalf("%d commands did not end", s.n)
		}
	}
}

func (s *stage) take(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	default:
		if k := reflect.TypeOf(msg); k.PkgPath() == "charm.land/bubbletea/v2" && k.Kind() == reflect.String {
			s.said = append(s.said, reflect.ValueOf(msg).String()) // the terminal's clipboard
			return
		}
		s.send(msg)
	}
}

// press types keys, one after the other, and waits after each.
func (s *stage) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.send(keyOf(k))
		s.settle()
	}
}

// typed types text into a prompt.
func (s *stage) typed(text string) {
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	s.settle()
}

func keyOf(k string) tea.KeyPressMsg {
	switch k {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "tab":
		return tea.KeyPressMsg{Code: tea.KeyTab}
	case "down":
		return tea.KeyPressMsg{Code: tea.KeyDown}
	case "up":
		return tea.KeyPressMsg{Code: tea.KeyUp}
	case "pgdown":
		return tea.KeyPressMsg{Code: tea.KeyPgDown}
	case "backspace":
		return tea.KeyPressMsg{Code: tea.KeyBackspace}
	case "ctrl+c":
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	}
	r := []rune(k)[0]
	return tea.KeyPressMsg{Code: r, Text: k}
}

var (
	reTook = regexp.MustCompile(`\d+\.\d s`)
	rePort = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`)
	reMS   = regexp.MustCompile(`\(\d+ ms`)
	// A run counts a message more or less where logs are read side by side.
	reRun = regexp.MustCompile(`\d+ messages to`)
	reTmp = regexp.MustCompile(`[^ ]*metriage-tui-\d+[^ …~]*`)
)

// screen returns what is on the screen without styles, with what differs from
// run to run blanked. Every line has to be as wide as the terminal.
func (s *stage) screen() string {
	s.t.Helper()
	lines := strings.Split(s.m.View().Content, "\n")
	if len(lines) != s.m.height && !s.m.layout.tooSmall {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.m.height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w != s.m.width {
			s.t.Errorf("line %d is %d cells wide, the screen %d: %q", i+1, w, s.m.width, ansi.Strip(l))
		}
		l = ansi.Strip(l)
		l = reTook.ReplaceAllString(l, "#.# s")
		l = rePort.ReplaceAllString(l, "127.0.0.1:#####")
		l = reMS.ReplaceAllString(l, "(# ms")
		l = reRun.ReplaceAllString(l, "### messages to")
		l = reTmp.ReplaceAllString(l, "(path)")
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// has reports whether the screen shows all of the words.
func (s *stage) has(words ...string) {
	s.t.Helper()
	screen := s.screen()
	for _, w := range words {
		if !strings.Contains(screen, w) {
			s.t.Errorf("the screen does not show %q:\n%s", w, screen)
		}
	}
}

func (s *stage) hasNot(words ...string) {
	s.t.Helper()
	screen := s.screen()
	for _, w := range words {
		if strings.Contains(screen, w) {
			s.t.Errorf("the screen shows %q:\n%s", w, screen)
		}
	}
}

// row returns the line of the list with the cursor.
func (s *stage) row() string {
	s.t.Helper()
	for _, l := range strings.Split(s.screen(), "\n") {
		if strings.HasPrefix(l, ">") {
			return l
		}
	}
	s.t.Fatalf("no row is selected:\n%s", s.screen())
	return ""
}

// goTo moves the cursor to the row that holds a word.
func (s *stage) goTo(word string) {
	s.t.Helper()
	s.press("g")
	for range len(s.m.openList().items) {
		if strings.Contains(s.row(), word) {
			return
		}
		s.press("j")
	}
	s.t.Fatalf("no row with %q:\n%s", word, s.screen())
}
