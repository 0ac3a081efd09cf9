package index

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// churn changes an installation at random, as MailEnable and an admin would.
type churn struct {
	t    testing.TB
	root string
	rnd  *rand.Rand
	n    int
}

func (c *churn) path(name string) string { return filepath.Join(c.root, filepath.FromSlash(name)) }

func (c *churn) write(name, content string) {
	c.t.Helper()
	p := c.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// files are the mail files of the installation.
func (c *churn) files() (out []string) {
	_ = filepath.WalkDir(c.root, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(strings.ToUpper(p), ".MAI") {
			out = append(out, p)
		}
		return nil
	})
	return out
}

func (c *churn) name() string {
	c.n++
	n := fmt.Sprintf("%032X.MAI", 1<<40+c.n)
	switch c.rnd.IntN(6) {
	case 0:
		return strings.ToLower(n)
	case 1:
		return fmt.Sprintf("odd %d.MAI", c.n)
	}
	return n
}

// step makes one change.
func (c *churn) step() {
	at := now.Add(-time.Duration(c.rnd.IntN(3000)) * time.Minute)
	from := fmt.Sprintf("u%d@ours.example", c.rnd.IntN(5))
	to := fmt.Sprintf("r%d@d%d.example", c.rnd.IntN(5), c.rnd.IntN(9))
	_, domain, _ := strings.Cut(to, "@")
	switch c.rnd.IntN(12) {
	case 0, 1:
		c.write(inbox+c.name(), header(from, at, fmt.Sprint("m", c.n))+e0193(id(c.rnd.IntN(99)), domain, "554 5.7.1 no"))
	case 2:
		c.write(inbox+c.name(), header(from, at, fmt.Sprint("m", c.n))+perRecipient(to, "550 5.1.1 user unknown"))
	case 3, 4:
		n := c.name()
		c.write(out+"Messages/"+n, "Subject: x\r\n\r\nhi\r\n")
		c.write(out+n, envelopeFile(domain, from, to, c.rnd.IntN(3), c.rnd.IntN(4)))
	case 5: // one half only
		c.write(out+c.name(), envelopeFile(domain, from, to, 1, 3))
	case 6, 7: // gone
		if f := c.files(); len(f) > 0 {
			_ = os.Remove(f[c.rnd.IntN(len(f))])
		}
	case 8: // moved to Bad Mail, or to another name
		if f := c.files(); len(f) > 0 {
			to := c.path("Bad Mail/" + c.name())
			_ = os.MkdirAll(filepath.Dir(to), 0o755)
			_ = os.Rename(f[c.rnd.IntN(len(f))], to)
		}
	case 9: // written in place
		if f := c.files(); len(f) > 0 {
			p := f[c.rnd.IntN(len(f))]
			if c.rnd.IntN(2) == 0 {
				_ = os.WriteFile(p, []byte(header(from, at, "x")+perRecipient(to, "550 no")), 0o644)
			} else {
				_ = os.WriteFile(p, nil, 0o644)
			}
		}
	case 10: // the log goes on, sometimes in the middle of a row
		rows := session(at, id(c.rnd.IntN(99)), fmt.Sprint(c.n), "220 mx."+domain, from, []string{to}, "250 ok", []string{"250 ok", "550 5.7.1 no", "451 later"}[c.rnd.IntN(3)], "250 ok")
		if c.rnd.IntN(3) == 0 {
			rows = rows[:c.rnd.IntN(len(rows))]
		}
		c.grow(log, rows)
	case 11:
		switch c.rnd.IntN(4) {
		case 0: // rolled
			c.write(fmt.Sprintf("Logging/SMTP/SMTP-Activity-2611%02d.log", 1+c.rnd.IntN(24)), session(at, id(c.rnd.IntN(99)), "9", "220 mx", from, []string{to}, "250 ok", "550 no"))
		case 1:
			c.grow("Logging/SMTP/SMTP-Debug-261124.log", "11/24/26 10:00:00\tME-I0018: ["+id(5)+"] requeued as ["+id(c.rnd.IntN(99))+"] for target domain ["+domain+"]\r\n")
		case 2:
			_ = os.Remove(c.path(fmt.Sprintf("Logging/SMTP/SMTP-Activity-2611%02d.log", 1+c.rnd.IntN(24))))
		case 3: // a mailbox comes or goes
			p := fmt.Sprintf("Postoffices/acme/MAILROOT/m%d/Inbox/", c.rnd.IntN(3))
			if c.rnd.IntN(2) == 0 {
				_ = os.RemoveAll(c.path(filepath.Dir(filepath.Dir(p))))
			} else {
				c.write(p+c.name(), header(from, at, fmt.Sprint("m", c.n))+e0193(id(c.n), domain, "554 no"))
			}
		}
	}
}

func (c *churn) grow(name, more string) {
	p := c.path(name)
	_ = os.MkdirAll(filepath.Dir(p), 0o755)
	f, err := os.OpenFile(p, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(more); err != nil {
		c.t.Fatal(err)
	}
}

// TestRefreshedEqualsReadAnew changes an installation again and again; what a
// refresh comes to is what reading everything anew does, from a cache too.
func TestRefreshedEqualsReadAnew(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newSite(t)
			s.file(out+"Messages/keep.txt", "x")
			c := &churn{t: t, root: s.root, rnd: rand.New(rand.NewPCG(seed, 1))}
			for range 60 {
				c.step()
			}
			cache := &memory{}
			x := indexOf(t, s.root, Options{Cache: cache})
			scan(t, x)
			for round := range 25 {
				for range c.rnd.IntN(12) {
					c.step()
				}
				want := everythingOf(t, scan(t, indexOf(t, s.root, Options{})))
				before := everythingOf(t, x.View())
				changed, err := x.Compare(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				got := everythingOf(t, x.View())
				differ(t, fmt.Sprint("round ", round), got, want)
				if !changed && before != got {
					t.Errorf("round %d: it changed, and nobody was told", round)
				}
				if changed, err := x.Compare(context.Background()); changed || err != nil {
					t.Errorf("round %d: nothing has happened, yet changed is %v, %v", round, changed, err)
				}
				if round%5 == 4 {
					if err := x.Keep(); err != nil {
						t.Fatal(err)
					}
					x = indexOf(t, s.root, Options{Cache: cache})
				}
			}
		})
	}
}

// A refresh that only looks at folders which have changed misses nothing that
// comes, goes or moves, and sees command files that are written in place.
func TestRefreshOfChangedFolders(t *testing.T) {
	s := newSite(t)
	at := now.Add(-time.Hour)
	s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(9), "x.example", "554 no"))
	s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 0))
	s.file(out+"Messages/"+id(2), "Subject: x\r\n\r\nhi\r\n")
	quiet := func() {
		_ = filepath.WalkDir(s.root, func(p string, d os.DirEntry, err error) error {
			if d.IsDir() {
				return os.Chtimes(p, now, now.Add(-time.Hour))
			}
			return err
		})
	}
	quiet()
	disk := &counting{}
	x := indexOf(t, s.root, Options{FS: disk})
	scan(t, x)
	expect := func(what string, want bool) {
		t.Helper()
		changed, err := x.Refresh(context.Background())
		if err != nil || changed != want {
			t.Errorf("%s: changed %v, %v", what, changed, err)
		}
		differ(t, what, everythingOf(t, x.View()), everythingOf(t, scan(t, indexOf(t, s.root, Options{}))))
	}
	reads := disk.reads.Load()
	expect("nothing", false)
	if disk.reads.Load() != reads {
		t.Error("files were read though nothing has changed")
	}
	s.file(inbox+id(3), header("anna@ours.example", at, "b")+e0193(id(8), "y.example", "554 no"))
	expect("one more", true)
	quiet()
	s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 2, 3))
	s.age(out+id(2), time.Minute)
	quiet()
	expect("an envelope in place", true)
	if err := os.Remove(c(s, inbox+id(1))); err != nil {
		t.Fatal(err)
	}
	expect("one gone", true)
	quiet()
	if err := os.Rename(c(s, out+"Messages/"+id(2)), c(s, out+"Messages/"+id(4))); err != nil {
		t.Fatal(err)
	}
	expect("one moved", true)
}

func c(s *site, name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

func TestRootThatGoesAway(t *testing.T) {
	s := newSite(t)
	root := filepath.Join(s.root, "data")
	in := &site{t, root}
	in.file(inbox+id(1), header("anna@ours.example", now.Add(-time.Hour), "a")+e0193(id(9), "x.example", "554 no"))
	x := indexOf(t, root, Options{})
	before := everythingOf(t, scan(t, x))
	if err := os.Rename(root, root+"-away"); err != nil {
		t.Fatal(err)
	}
	_, err := x.Refresh(context.Background())
	var off *OfflineError
	if !errors.As(err, &off) || len(off.Roots) != 1 || off.Roots[0].Path != root {
		t.Errorf("%v", err)
	}
	differ(t, "while away", everythingOf(t, x.View()), before)
	if err := os.Rename(root+"-away", root); err != nil {
		t.Fatal(err)
	}
	if changed, err := x.Refresh(context.Background()); changed || err != nil {
		t.Errorf("back: changed %v, %v", changed, err)
	}
}

// A queue that changes all day does not grow in memory.
func TestRewrittenWhenHalfOfItIsGone(t *testing.T) {
	s := newSite(t)
	const n = 200
	write := func(from int) {
		for i := range n {
			s.file(inbox+id(from+i), "Subject: x\r\n\r\nhi\r\n")
		}
	}
	write(0)
	x := indexOf(t, s.root, Options{})
	x.minWaste = n / 2
	scan(t, x)
	for round := 1; round <= 4; round++ {
		if err := os.RemoveAll(c(s, inbox)); err != nil {
			t.Fatal(err)
		}
		write(round * n)
		if _, err := x.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := x.View().Totals().Files; got != n {
			t.Fatalf("round %d: %d files", round, got)
		}
	}
	if have := x.store.items.len(); have > 3*n {
		t.Errorf("%d items are kept for %d files", have, n)
	}
}
