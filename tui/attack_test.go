package tui

import (
	"context"
	"encoding/csv"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/sample"
	"metriage/diag/triage"
)

func attacks() ([]sample.Attack, error) {
	b, err := os.ReadFile(filepath.Join("..", "testdata", "attacks.toml"))
	if err != nil {
		return nil, err
	}
	return sample.ParseAttacks(b)
}

// hostileTree writes the hostile installation once.
var hostileTree = sync.OnceValues(func() (string, error) {
	list, err := attacks()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "metriage-tui-attack-")
	if err != nil {
		return "", err
	}
	return dir, sample.WriteHostile(filepath.Join(dir, "site"), list, at)
})

// hostileCapsule writes a capsule of an installation, with all names in it.
func hostileCapsule(t *testing.T, root string) string {
	t.Helper()
	sess := triage.New(triage.Options{
		Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}, Roots: []string{root}, Now: func() time.Time { return at },
	})
	if errs := sess.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	defer sess.Close()
	if err := sess.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "capsule")
	if err := sess.WriteCapsule(dir, sess.View(), []byte("a report\n"), nil, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// crawler presses every key everywhere and looks at what is shown.
type crawler struct {
	*stage
	t     *testing.T
	dir   string // for copies and exports
	shots int
	seen  map[string]bool // places with something to look at
	bad   int
	clip  []string
}

// hostileStage is a dashboard on the hostile installation whose name server and
// mail server are hostile as well.
func hostileStage(t *testing.T, root string, w, h int, o Options) *crawler {
	t.Helper()
	list, err := attacks()
	if err != nil {
		t.Fatal(err)
	}
	var short []sample.Attack
	for _, a := range list {
		if len(a.Text) < 1000 && len(short) < 40 {
			short = append(short, a)
		}
	}
	world, err := sample.NewHostileWorld(short)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	sess := triage.New(triage.Options{
		Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }},
		Roots:   []string{root}, Now: func() time.Time { return at },
		DNS: dnsq.New(dnsq.Options{Servers: []string{world.DNS.Addr()}}), Limits: check.Limits{Pace: -1},
		Dial: func(ctx context.Context, _ netip.Addr, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, world.SMTP.Addr())
		},
		IPs: []netip.Addr{netip.MustParseAddr(world.IP)}, HELO: "mail.harbourline.example", Target: world.SMTP.Addr(),
		Domains: []string{world.Domain}, LocalDomains: []string{world.Domain},
	})
	if _, err := sess.Ready(); err != nil {
		t.Fatal(err)
	}
	if errs := sess.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	c := &crawler{t: t, dir: t.TempDir(), seen: map[string]bool{}}
	o.CopyDir, o.ExportDir = c.dir, c.dir
	o.Native = func(s string) error { c.clip = append(c.clip, s); return nil }
	o.Tick = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	st := &stage{t: t, m: New(ctx, sess, o), msgs: make(chan tea.Msg, 64)}
	c.stage = st
	t.Cleanup(func() {
		cancel()
		st.settle()
		if f := world.SMTP.Forbidden(); len(f) > 0 {
			t.Errorf("sent what a check must never send: %v", f)
		}
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	st.send(tea.WindowSizeMsg{Width: w, Height: h})
	st.do(st.m.Init())
	st.settle()
	return c
}

var (
	reSGR  = regexp.MustCompile("\x1b\\[[0-9;]*m")
	reMark = regexp.MustCompile(`7777|PWND`)
)

// look checks what would be drawn: text, and styles of the renderer's own
// whose parameters do not come from outside; the title; what went to the
// clipboard.
func (c *crawler) look(where string) {
	c.t.Helper()
	c.shots++
	if c.m.state().detail && len(c.m.openList().items) > 0 {
		c.seen[c.place()] = true
	}
	v := c.m.View()
	for _, s := range reSGR.FindAllString(v.Content, -1) {
		if reMark.MatchString(s) {
			c.fail("%s: a style from outside: %q", where, s)
		}
	}
	plain := reSGR.ReplaceAllString(v.Content, "")
	if h := sample.Harm(plain); h != "" {
		c.fail("%s: the screen holds %s", where, h)
	}
	if c.m.opt.ASCII {
		for _, r := range plain {
			if r > 0x7E {
				c.fail("%s: %U is not ASCII", where, r)
				break
			}
		}
	}
	if h := sample.Harm(v.WindowTitle); h != "" || reMark.MatchString(v.WindowTitle) {
		c.fail("%s: the title is %q", where, v.WindowTitle)
	}
	for _, s := range append(c.said, c.clip...) {
		if h := sample.Harm(s); h != "" {
			c.fail("%s: the clipboard holds %s", where, h)
		}
	}
	c.said, c.clip = nil, nil
	c.screen() // every line as wide as the terminal
}

func (c *crawler) fail(format string, args ...any) {
	c.t.Helper()
	if c.bad++; c.bad < 20 {
		c.t.Errorf(format, args...)
	}
}

// place says where the dashboard is.
func (c *crawler) place() string {
	s := c.m.state()
	return placeName(c.m.sec().title, s.depth, c.m.sec().tabs[s.tab].title)
}

func placeName(section string, depth int, tab string) string {
	return fmt.Sprintf("%s level %d tab %s", section, depth, tab)
}

// stand is where the dashboard is.
type stand struct {
	section, depth, tab, items int
	detail                     bool
}

func (c *crawler) stand() stand {
	s := c.m.state()
	return stand{c.m.section, s.depth, s.tab, len(c.m.openList().items), s.detail}
}

// goBack undoes what a key did to the place, the filter and the grouping: a key
// that empties the list must not leave nothing to look at for those after it.
func (c *crawler) goBack(to stand) {
	c.t.Helper()
	c.close()
	if c.m.following.paused {
		c.press("f")
	}
	if c.stand() == to && c.m.openList().filter == "" && c.m.by == diag.ByDomain && !c.m.e0193 && !c.m.state().zoom {
		return
	}
	if c.m.e0193 || c.m.by != diag.ByDomain {
		c.m.e0193 = false
		c.do(c.m.groupBy(diag.ByDomain))
		c.settle()
	}
	c.m.section = to.section
	s := c.m.state()
	for i := range s.lists {
		s.lists[i].filter = ""
	}
	s.zoom, s.detail = false, false
	c.do(c.m.toSection(to.section))
	c.settle()
	for range 5 {
		if s.depth > to.depth {
			c.press("esc")
		} else if s.depth < to.depth {
			c.press("enter")
		}
	}
	c.press("u")
	if n := len(c.m.openList().items); s.depth != to.depth || n == 0 && to.items > 0 {
		c.t.Fatalf("%s: %d items at depth %d are left of %d at %d:\n%s", c.place(), n, s.depth, to.items, to.depth, c.screen())
	}
	if s.tab = to.tab; to.detail {
		c.press(string(rune('1' + to.tab)))
	}
}

// keys presses every key of this place; what opens is looked at and closed.
func (c *crawler) keys() {
	c.t.Helper()
	here := c.stand()
	focus, section := c.m.here()
	for _, b := range keyTable {
		key := b.keys[0]
		if b.name == "quit" || !b.acts(focus, section) || strings.Contains("[1:Rjk", key) || len(key) > 1 {
			continue
		}
		where := c.place() + ", " + b.show
		c.press(key)
		c.look(where)
		if key == "/" || key == "d" || key == "n" {
			c.press("esc")
		}
		c.overlay(where, key)
		c.goBack(here)
	}
}

// overlay looks at what lies over the screen, takes each choice of a menu and
// each answer to a question, and closes it again.
func (c *crawler) overlay(where, key string) {
	c.t.Helper()
	o, ok := c.m.topOverlay()
	if !ok {
		return
	}
	switch o := o.(type) {
	case *menu:
		c.choices(where, key, len(o.found(c.m)))
	case *confirm:
		c.choices(where, key, len(o.answers))
	default:
		c.paged(where)
	}
	c.close()
}

// choices takes each of n choices of what a key opens.
func (c *crawler) choices(where, key string, n int) {
	c.t.Helper()
	here := c.stand()
	for i := range n {
		if !c.m.topOverlayOpen() {
			c.press(key)
		}
		if o, ok := c.m.topOverlay(); ok {
			if list, ok := o.(*menu); ok && (i >= len(list.found(c.m)) || list.found(c.m)[i].name == "quit") {
				c.close()
				continue
			}
		}
		for range i {
			c.press("down")
		}
		c.look(where)
		c.press("enter")
		c.look(where)
		c.paged(where)
		c.goBack(here)
	}
}

// paged pages through what lies over the screen.
func (c *crawler) paged(where string) {
	c.t.Helper()
	for range 200 {
		before := c.m.overlayTop
		c.press("pgdown")
		c.look(where)
		if !c.m.topOverlayOpen() || c.m.overlayTop == before {
			return
		}
	}
}

// palette runs every command that is no key.
func (c *crawler) palette() {
	c.t.Helper()
	c.overlayOf(":")
}

func (c *crawler) overlayOf(key string) {
	c.t.Helper()
	c.press(key)
	c.look(key)
	c.overlay(key, key)
}

func (c *crawler) close() {
	for range 10 {
		if !c.m.topOverlayOpen() {
			return
		}
		c.press("esc")
	}
	c.t.Fatal("an overlay does not close with esc")
}

func (m *Model) topOverlayOpen() bool { _, ok := m.topOverlay(); return ok || m.prompt.on }

// items goes through the open list with every tab.
func (c *crawler) items(most int) {
	c.t.Helper()
	c.press("g")
	n := len(c.m.openList().items)
	step := max(1, n/most)
	for i := 0; i < n; i += step {
		for t := range c.m.sec().tabs {
			c.press(string(rune('1' + t)))
			c.look(c.place())
		}
		c.press("esc")
		for range step {
			c.press("j")
		}
	}
}

func TestHostileDashboard(t *testing.T) {
	for _, v := range []struct {
		name    string
		w, h    int
		opt     Options
		most    int // items of each list that are looked at
		capsule bool
	}{
		{"80x24", 80, 24, Options{}, 120, false},
		{"60x15 redacted", 60, 15, Options{Redact: true}, 20, false},
		{"120x40 ascii", 120, 40, Options{ASCII: true, Theme: ThemeNone}, 60, false},
		{"200x60 over ssh", 200, 60, Options{Remote: true, Theme: ThemeLight}, 20, false},
		{"80x24 of a capsule", 80, 24, Options{}, 20, true},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			dir, err := hostileTree()
			if err != nil {
				t.Fatal(err)
			}
			root := filepath.Join(dir, "site")
			if v.capsule {
				root = hostileCapsule(t, root)
			}
			c := hostileStage(t, root, v.w, v.h, v.opt)
			if len(c.m.openList().items) < 80 {
				t.Fatalf("only %d groups:\n%s", len(c.m.openList().items), c.screen())
			}
			for range c.m.sections {
				for depth := range c.m.sec().levels {
					if depth > 0 {
						c.press("enter")
					}
					c.look(c.place())
					c.keys()
					c.items(v.most)
					for t := range c.m.sec().tabs {
						c.press(string(rune('1' + t)))
						c.look(c.place())
						c.press("j", "j", "enter", "tab", "tab")
						c.look(c.place())
						if v.most > 100 {
							c.keys()
						}
						c.press("esc", "esc")
						for range 5 {
							if c.m.state().depth < depth {
								c.press("enter")
							}
						}
					}
				}
				for range 5 {
					c.press("esc")
				}
				c.press("]")
			}
			if v.most > 100 {
				c.palette()
			}
			for range 5 {
				c.press("esc")
			}
			c.groupings()
			c.pasted()
			c.written()
			for _, sec := range c.m.sections {
				for depth := range sec.levels {
					for _, tab := range sec.tabs {
						if p := placeName(sec.title, depth, tab.title); !c.seen[p] && (sec.place != inQueue || !v.capsule) { // which holds no queue
							t.Errorf("nothing was looked at in %s", p)
						}
					}
				}
			}
			t.Logf("%d screens", c.shots)
		})
	}
}

// groupings pages through the groups of every kind.
func (c *crawler) groupings() {
	c.t.Helper()
	for range groupings {
		c.press("b", "g")
		for range 12 {
			c.look("groups by " + string(c.m.by))
			c.press("pgdown")
		}
	}
}

// pasted pastes every attack into the filter.
func (c *crawler) pasted() {
	c.t.Helper()
	list, err := attacks()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, a := range list {
		c.press("/")
		c.send(tea.PasteMsg{Content: a.Text})
		c.settle()
		c.look("filter by " + a.Name)
		c.press("enter")
		c.look("filtered by " + a.Name)
		c.press("/", "esc", "esc")
	}
}

// written looks at every file that was written.
func (c *crawler) written() {
	c.t.Helper()
	n := 0
	err := filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		if h := sample.Harm(string(b)); h != "" {
			c.fail("%s holds %s", filepath.Base(path), h)
		}
		if strings.HasSuffix(path, ".csv") {
			rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
			if err != nil {
				c.fail("%s: %v", path, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					for _, part := range strings.Split(cell, ";") {
						if part = strings.TrimSpace(part); part != "" && part != "-" && strings.ContainsRune("=+-@|%\uff1d\uff0b\uff0d\uff20", []rune(part)[0]) {
							c.fail("a formula in %s: %.80q", filepath.Base(path), cell)
						}
					}
				}
			}
		}
		if strings.HasSuffix(path, ".md") {
			if m := regexp.MustCompile(`(?i)(^|[^\\])(<(script|img|a )|!?\[[^\]\\]*\]\()`).FindString(string(b)); m != "" {
				c.fail("markup in %s: %q", filepath.Base(path), m)
			}
		}
		return nil
	})
	if err != nil || n < 6 {
		c.t.Errorf("%d files written: %v", n, err)
	}
}
