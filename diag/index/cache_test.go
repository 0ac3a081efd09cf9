package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/sample"
)

// memory is a Cache.
type memory struct {
	data  []byte
	saves int
}

func (m *memory) Load() (io.ReadCloser, error) {
	if m.data == nil {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(m.data)), nil
}

func (m *memory) Save(write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	m.data = b.Bytes()
	m.saves++
	return nil
}

// counting counts what is read of a file system.
type counting struct {
	mailenable.Disk
	reads atomic.Int64
	bytes atomic.Int64 // read of logs
}

func (c *counting) OpenDir(path string) (mailenable.Dir, error) {
	d, err := c.Disk.OpenDir(path)
	return countingDir{d, c}, err
}

type countingDir struct {
	mailenable.Dir
	fs *counting
}

func (d countingDir) ReadNew(name string, buf []byte, want func(mailenable.Entry) bool) (int, mailenable.Entry, error) {
	d.fs.reads.Add(1)
	return d.Dir.ReadNew(name, buf, want)
}

func (d countingDir) Open(name string) (mailenable.File, error) {
	d.fs.reads.Add(1)
	f, err := d.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	return countingFile{f, d.fs}, nil
}

type countingFile struct {
	mailenable.File
	fs *counting
}

func (f countingFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	f.fs.bytes.Add(int64(n))
	return n, err
}

func (d countingDir) OpenDir(name string) (mailenable.Dir, error) {
	sub, err := d.Dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return countingDir{sub, d.fs}, nil
}

var classifier = func() *reply.Classifier {
	c, _, err := reply.New(reply.Options{})
	if err != nil {
		panic(err)
	}
	return c
}()

func indexOf(t testing.TB, root string, o Options) *Index {
	t.Helper()
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{root})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if o.FS == nil {
		o.FS = mailenable.Disk{}
	}
	o.Classifier = classifier
	if o.Now == nil {
		o.Now = func() time.Time { return now }
	}
	return New(found, o)
}

func scan(t testing.TB, x *Index) *View {
	t.Helper()
	if err := x.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return x.View()
}

// everythingOf writes all that a view tells.
func everythingOf(t testing.TB, v *View) string {
	t.Helper()
	var b strings.Builder
	out := json.NewEncoder(&b)
	for _, by := range []diag.GroupBy{diag.ByDomain, diag.ByProvider, diag.ByCause, diag.BySender, diag.ByAccount, diag.ByIP} {
		r := v.Report(by)
		_ = out.Encode(r)
		for _, g := range r.Groups {
			for _, n := range v.Members(by, g.Key) {
				if by == diag.ByDomain {
					_ = out.Encode(v.Failure(int(n)))
				}
				_ = out.Encode(v.Row(n))
			}
		}
	}
	for _, f := range v.QueueFolders() {
		_ = out.Encode(f)
		for _, n := range v.QueueRows(f.Path) {
			_ = out.Encode(v.QueueMessage(n))
			fmt.Fprintln(&b, v.QueueFile(n))
		}
	}
	_ = out.Encode([]any{v.OwnSightings(), v.Routes(), v.HELONames(), v.SenderDomains(), v.LastAccepted()})
	return b.String()
}

// differ shows the first line in which two texts differ.
func differ(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			k := 0
			for k < min(len(g[i]), len(w[i])) && g[i][k] == w[i][k] {
				k++
			}
			k = max(0, k-100)
			t.Fatalf("%s: line %d\ngot  %.300s\nwant %.300s", what, i, g[i][k:], w[i][k:])
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(g), len(w))
}

func sampleTree(t testing.TB, messages int, story string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(context.Background(), dir, sample.Options{Seed: 1, Now: now, Messages: messages, Story: story}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCacheHoldsWhatWasRead(t *testing.T) {
	for _, st := range sample.Stories() {
		t.Run("story "+st.Name, func(t *testing.T) {
			root := sampleTree(t, 200, st.Name)
			cache := &memory{}
			first := indexOf(t, root, Options{Cache: cache, Since: 30 * 24 * time.Hour})
			want := everythingOf(t, scan(t, first))
			if err := first.Keep(); err != nil {
				t.Fatal(err)
			}
			disk := &counting{}
			again := indexOf(t, root, Options{FS: disk, Cache: cache, Since: 30 * 24 * time.Hour})
			differ(t, "reopened", everythingOf(t, scan(t, again)), want)
			unsettled := 0
			for _, f := range again.store.folders {
				unsettled += f.count.unsettled
			}
			if n := int(disk.reads.Load()); n > 2*unsettled {
				t.Errorf("%d files were read again", n)
			}
			if err := again.Keep(); err != nil {
				t.Fatal(err)
			}
			if cache.saves != 1 {
				t.Errorf("the cache was written %d times, though nothing changed", cache.saves)
			}
			// A rewritten store says the same, and so does its cache.
			s, err := again.store.rewritten(1)
			if err != nil {
				t.Fatal(err)
			}
			again.swap(s)
			differ(t, "rewritten", everythingOf(t, again.View()), want)
			if changed, err := again.Compare(context.Background()); changed || err != nil {
				t.Errorf("after rewriting: changed %v, %v", changed, err)
			}
		})
	}
}

// smallCache returns a small installation and its cache.
func smallCache(t testing.TB) (root string, want string, cache []byte) {
	t.Helper()
	at := now.Add(-time.Hour)
	s := &site{t, t.TempDir()}
	s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(9), "x.example", "554 5.7.1 you are listed"))
	s.file(inbox+"odd name.MAI", header("anna@ours.example", at, "b")+perRecipient("c@y.example", "450 4.7.1 later"))
	s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 1, 3))
	s.file(out+"Messages/"+id(2), "Subject: x\r\n\r\nhi\r\n")
	s.file(out+id(3), "")
	s.file("Logging/SMTP/SMTP-Debug-261124.log", "11/24/26 10:00:00\tME-I0018: ["+id(5)+"] requeued as ["+id(7)+"] for target domain [deb.example]\r\n")
	s.file(log, session(at, id(7), "11", "554 mx.filter.example no", "", nil)+
		session(at, id(8), "12", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "250 ok", "250 ok")+
		session(at, id(6), "13", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok"))
	m := &memory{}
	x := indexOf(t, s.root, Options{Cache: m})
	want = everythingOf(t, scan(t, x))
	if err := x.Keep(); err != nil {
		t.Fatal(err)
	}
	return s.root, want, m.data
}

func TestDamagedCacheIsReadFromTheFiles(t *testing.T) {
	root, want, good := smallCache(t)
	try := func(name string, data []byte, o Options) {
		t.Helper()
		var logged bytes.Buffer
		o.Cache, o.Log = &memory{data: data}, slog.New(slog.NewTextHandler(&logged, nil))
		x := indexOf(t, root, o)
		v := scan(t, x)
		if !strings.Contains(logged.String(), "everything is read") {
			t.Errorf("%s: the log says nothing: %s", name, logged.String())
		}
		if o.Location == nil {
			differ(t, name, everythingOf(t, v), want)
		}
	}
	for n := 0; n < len(good); n += 7 {
		try(fmt.Sprint("cut at ", n), good[:n], Options{})
		b := slices.Clone(good)
		b[n] ^= 1 << (n % 8)
		try(fmt.Sprint("a bit of byte ", n), b, Options{})
	}
	try("more at the end", append(slices.Clone(good), 0), Options{})
	try("nothing in it", []byte{}, Options{})
	try("zeroes", make([]byte, len(good)), Options{})
	try("another program", good, Options{Reading: "v2"})
	try("another zone", good, Options{Location: time.FixedZone("", 3600)})
	swapped := slices.Clone(good)
	for i := len(cacheMagic); i+4 <= len(swapped); i += 4 {
		slices.Reverse(swapped[i : i+4])
	}
	try("another byte order", swapped, Options{})
}

func TestCacheOfANarrowerWindow(t *testing.T) {
	root := sampleTree(t, 300, "")
	cache := &memory{}
	week := indexOf(t, root, Options{Cache: cache, Since: 7 * 24 * time.Hour})
	wantWeek := everythingOf(t, scan(t, week))
	if err := week.Keep(); err != nil {
		t.Fatal(err)
	}
	month := everythingOf(t, scan(t, indexOf(t, root, Options{Since: 30 * 24 * time.Hour})))
	differ(t, "wider", everythingOf(t, scan(t, indexOf(t, root, Options{Cache: cache, Since: 30 * 24 * time.Hour}))), month)
	x := indexOf(t, root, Options{Cache: cache, Since: 30 * 24 * time.Hour})
	scan(t, x)
	if err := x.Keep(); err != nil {
		t.Fatal(err)
	}
	differ(t, "narrower", everythingOf(t, scan(t, indexOf(t, root, Options{Cache: cache, Since: 7 * 24 * time.Hour}))), wantWeek)
}

// rowCount is a RowState that counts rows.
type rowCount struct{ n, resets, loads uint32 }

func (r *rowCount) add(_ int, rows []mailenable.Row) { r.n += uint32(len(rows)) }
func (r *rowCount) Reset(int)                        { r.n, r.resets = 0, r.resets+1 }
func (r *rowCount) ResetDebug(int)                   {}
func (r *rowCount) Save(int) ([]byte, error) {
	return binary.LittleEndian.AppendUint32(nil, r.n), nil
}
func (r *rowCount) Load(_ int, b []byte) error {
	if len(b) != 4 {
		return errDamaged
	}
	r.n, r.loads = binary.LittleEndian.Uint32(b), r.loads+1
	return nil
}

func TestCacheKeepsWhatRowsCameTo(t *testing.T) {
	root := sampleTree(t, 100, "")
	cache, first := &memory{}, &rowCount{}
	x := indexOf(t, root, Options{Cache: cache, Rows: first.add, RowState: first})
	scan(t, x)
	if err := x.Keep(); err != nil {
		t.Fatal(err)
	}
	again := &rowCount{}
	x = indexOf(t, root, Options{Cache: cache, Rows: again.add, RowState: again})
	scan(t, x)
	if first.n == 0 || again.n != first.n || again.loads != 1 || again.resets != 0 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	// Where a cache has none, the rows come when they are asked for.
	plain := indexOf(t, root, Options{Cache: &memory{data: cache.data}})
	scan(t, plain)
	without := &memory{}
	plain.opt.Cache = without
	plain.kept = -1
	if err := plain.Keep(); err != nil {
		t.Fatal(err)
	}
	third := &rowCount{}
	y := indexOf(t, root, Options{Cache: without, Rows: third.add, RowState: third})
	scan(t, y)
	if third.n != 0 {
		t.Errorf("%d rows before they were asked for", third.n)
	}
	grown := &churn{t: t, root: root}
	logs, _ := filepath.Glob(filepath.Join(root, "Logging", "SMTP", "SMTP-Activity-*.log"))
	more := session(now, id(1), "77", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "550 no")
	grown.grow(strings.TrimPrefix(logs[len(logs)-1], root), more)
	for _, z := range []*Index{x, y} {
		if _, err := z.Compare(context.Background()); err != nil {
			t.Fatal(err)
		}
		z.Feed()
		z.Feed()
	}
	if third.n != again.n || again.n != first.n+uint32(strings.Count(more, "\n")) || third.loads != 0 || third.resets != 1 {
		t.Errorf("first %+v, again %+v, third %+v", first, again, third)
	}
	differ(t, "grown", everythingOf(t, y.View()), everythingOf(t, x.View()))
}

// sealed is data with the checksum that belongs to it.
func sealed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(data), crc32.Checksum(data, castagnoli))
}

// FuzzCache reads hostile caches whose checksum is right.
func FuzzCache(f *testing.F) {
	root, _, good := smallCache(f)
	x := indexOf(f, root, Options{})
	head := len(cacheMagic) + 32
	f.Add(good[head : len(good)-4])
	f.Add([]byte{})
	for _, n := range []int{1, 8, (len(good) - head) / 3, (len(good) - head) / 2, len(good) - head - 5} {
		body := slices.Clone(good[head : len(good)-4])
		f.Add(body[:n]) // ends early
		body[n] ^= 0xFF // a count or a length that is far off
		f.Add(body)
		f.Add(append(slices.Clone(body), body...)) // goes on
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		data := sealed(append(slices.Clone(good[:head]), body...))
		y := New(x.installs, Options{FS: mailenable.Disk{}, Classifier: classifier, Now: x.opt.Now, Cache: &memory{data: data}})
		if _, err := y.decode(); err != nil {
			return
		}
		y.load()
		everythingOf(t, y.View())
		if _, err := y.store.rewritten(1); err != nil {
			t.Fatal(err)
		}
		if _, err := y.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		everythingOf(t, y.View())
	})
}
