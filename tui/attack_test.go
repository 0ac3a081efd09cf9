package tui

import (
	"context"
	"encoding/csv"
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

// crawler presses every key everywhere and looks at what is shown.
type crawler struct {
	*stage
	t     *testing.T
	dir   string // for copies and exports
	shots int
	bad   int
	clip  []string
}

// hostileStage is a dashboard on the hostile installation whose name server and
// mail server are hostile as well.
func hostileStage(t *testing.T, w, h int, o Options) *crawler {
	t.Helper()
	dir, err := hostileTree()
	if err != nil {
		t.Fatal(err)
	}
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
		Roots:   []string{filepath.Join(dir, "site")}, Now: func() time.Time { return at },
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
	c := &crawler{t: t, dir: t.TempDir()}
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
	return c.m.sec().title + " level " + string(rune('0'+s.depth)) + " tab " + c.m.sec().tabs[s.tab].title
}

// keys presses every key of this place; what opens is looked at and closed.
func (c *crawler) keys() {
	c.t.Helper()
	focus, section := c.m.here()
	for _, b := range keyTable {
		key := b.keys[0]
		if b.name == "quit" || !b.acts(focus, section) || strings.Contains("[1:Rjk", key) || len(key) > 1 {
			continue
		}
		where := c.place() + ", " + b.show
		c.press(key)
		c.look(where)
		if key == "/" {
			c.press("esc")
			continue
		}
		c.overlay(where, key)
		if key == "d" && c.m.topOverlayOpen() {
			c.press("esc")
		}
	}
}

// overlay looks at what lies over the screen, runs each choice of a menu, and
// closes it again.
func (c *crawler) overlay(where, key string) {
	c.t.Helper()
	o, ok := c.m.topOverlay()
	if !ok {
		return
	}
	if list, ok := o.(*menu); ok {
		n := len(list.found(c.m))
		c.press("esc")
		for i := range min(n, 30) {
			c.press(key)
			for range i {
				c.press("down")
			}
			c.look(where)
			c.press("enter")
			c.look(where)
			c.close()
		}
		return
	}
	for range 200 {
		before := c.m.overlayTop
		c.press("pgdown")
		c.look(where)
		if c.m.overlayTop == before {
			break
		}
	}
	c.close()
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
		name string
		w, h int
		opt  Options
		most int // items of each list that are looked at
	}{
		{"80x24", 80, 24, Options{}, 400},
		{"60x15 redacted", 60, 15, Options{Redact: true}, 20},
		{"120x40 ascii", 120, 40, Options{ASCII: true, Theme: ThemeNone}, 60},
		{"200x60 over ssh", 200, 60, Options{Remote: true, Theme: ThemeLight}, 20},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			c := hostileStage(t, v.w, v.h, v.opt)
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
						c.press("tab", "j", "j", "enter")
						c.look(c.place())
						c.keys()
						c.press("esc", "esc")
						for c.m.state().depth < depth {
							c.press("enter")
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
