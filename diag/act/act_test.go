package act

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

var testNow = time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)

// installation writes a sample and returns its root and folders.
func installation(t testing.TB, messages int) (string, []mailenable.Folder) {
	t.Helper()
	return installationOf(t, messages, 4)
}

// installationOf differs with the seed in how folders are spelled.
func installationOf(t testing.TB, messages int, seed uint64) (string, []mailenable.Folder) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "tree")
	if _, err := sample.Write(context.Background(), root, sample.Options{Messages: messages, Seed: seed, Now: testNow, Story: "password"}); err != nil {
		t.Fatal(err)
	}
	return root, layout(t, root)
}

func layout(t testing.TB, root string) []mailenable.Folder {
	t.Helper()
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{root})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return found[0].Layout(mailenable.Disk{}).Folders
}

// heldIn lists the folders of the hold.
func heldIn(t testing.TB, root string) []mailenable.Folder {
	t.Helper()
	var out []mailenable.Folder
	for _, f := range layout(t, root) {
		if f.Kind == mailenable.KindHeld {
			out = append(out, f)
		}
	}
	return out
}

func options(root string, folders []mailenable.Folder) Options {
	return Options{Root: root, Folders: folders, Allow: true, Now: func() time.Time { return testNow }}
}

func open(t testing.TB, o Options) *Desk {
	t.Helper()
	d, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// fingerprint is one line for every entry below dir: path, size, time, contents.
// skip leaves out what is below that name.
func fingerprint(t testing.TB, dir, skip string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if skip != "" && rel == skip {
			return filepath.SkipDir
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if e.IsDir() {
			if skip == "" {
				fmt.Fprintf(&b, "%s/ %s\n", rel, info.ModTime())
			}
			return nil
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %d %s %x\n", rel, info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano), sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// itemsOf lists the messages of the folders with that ending.
func itemsOf(t testing.TB, folders []mailenable.Folder, ending string) []Item {
	t.Helper()
	var out []Item
	for _, f := range folders {
		if !strings.HasSuffix(strings.ToLower(f.Path), filepath.FromSlash(strings.ToLower(ending))) {
			continue
		}
		seen := map[string]bool{}
		for _, dir := range []string{f.Path, filepath.Join(f.Path, f.Messages)} {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if low := strings.ToLower(e.Name()); mailenable.IsMail(e.Name()) && !e.IsDir() && !seen[low] {
					seen[low] = true
					out = append(out, Item{f.Path, e.Name()})
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("no messages in %s", ending)
	}
	return out
}

// busyItems are those whose command file says that MailEnable works on them.
func busyItems(t testing.TB, items []Item) int {
	t.Helper()
	n := 0
	for _, it := range items {
		b, err := os.ReadFile(filepath.Join(it.Folder, it.Name))
		if err == nil && busy(mailenable.ParseEnvelope(it.Name, b).Status) {
			n++
		}
	}
	return n
}

func TestNothingChangesUnlessAllowed(t *testing.T) {
	root, folders := installation(t, 400)
	before := fingerprint(t, root, "")
	o := options(root, folders)
	o.Allow = false
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("opened without being allowed: %v", err)
	}
	if past, err := Past(mailenable.Disk{}, root); len(past) > 0 || err != nil {
		t.Error(past, err)
	}
	if n, err := Interrupted(mailenable.Disk{}, root); n != 0 || err != nil {
		t.Errorf("%d interrupted, %v", n, err)
	}
	Describe(KindHold, 5000, 2, false)
	if after := fingerprint(t, root, ""); after != before {
		t.Error("something below the root changed")
	}
}

func TestHoldReleaseDeleteUndo(t *testing.T) {
	ctx := context.Background()
	root, folders := installationOf(t, 400, 3)
	before := fingerprint(t, root, homeFolder)
	d := open(t, options(root, folders))
	items := itemsOf(t, folders, "SMTP/Outgoing")
	sending := busyItems(t, items)
	if sending == 0 {
		t.Fatal("the sample has no message that is being sent")
	}
	calls := 0
	held, err := d.Hold(ctx, items, func(done, total int) {
		calls++
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
	})
	if err != nil || held.Moved != len(items)-sending || held.Skipped[errTaken.Error()] != sending || calls == 0 {
		t.Fatalf("%+v %v, %d of %d busy, %d calls", held, err, sending, len(items), calls)
	}
	if left := itemsOf(t, folders, "SMTP/Outgoing"); len(left) != sending {
		t.Errorf("%d are left in the queue, want the %d that are being sent", len(left), sending)
	}
	list := heldIn(t, root)
	if len(list) != 1 {
		t.Fatalf("held %+v", list)
	}
	if f, ok := d.QueueFolder(list[0].Path); !ok || f != items[0].Folder {
		t.Errorf("%s was held from %q", list[0].Path, f)
	}
	if n := len(itemsOf(t, list, "Outgoing")); n != held.Moved {
		t.Errorf("%d messages lie in the hold, %d were held", n, held.Moved)
	}
	// Once more: they are gone from the queue.
	again, err := d.Hold(ctx, items[:3], nil)
	if err != nil || again.Moved+len(again.Left) != 3 || again.Moved != 0 {
		t.Errorf("%+v %v", again, err)
	}
	// Back by Release.
	back, err := d.Release(ctx, items, nil)
	if err != nil || back.Moved != held.Moved {
		t.Fatalf("%+v %v", back, err)
	}
	if fingerprint(t, root, homeFolder) != before {
		t.Error("after the release the tree is not what it was")
	}
	// Delete, undo, undo the undo, undo that.
	gone, err := d.Delete(ctx, items, false, nil)
	if err != nil || gone.Moved != held.Moved {
		t.Fatalf("%+v %v", gone, err)
	}
	undone, err := d.Undo(ctx, gone.Action, nil)
	if err != nil || undone.Moved != gone.Moved || undone.Of != gone.Action {
		t.Fatalf("%+v %v", undone, err)
	}
	if fingerprint(t, root, homeFolder) != before {
		t.Error("after the undo the tree is not what it was")
	}
	twice, err := d.Undo(ctx, undone.Action, nil)
	if err != nil || twice.Moved != gone.Moved {
		t.Fatalf("%+v %v", twice, err)
	}
	if _, err := d.Undo(ctx, twice.Action, nil); err != nil {
		t.Fatal(err)
	}
	if fingerprint(t, root, homeFolder) != before {
		t.Error("after three undos the tree is not what it was")
	}
	// Undo of an old action whose files are elsewhere by now.
	none, err := d.Undo(ctx, held.Action, nil)
	if err != nil || none.Moved != 0 || none.Skipped[errGone.Error()] != held.Moved {
		t.Errorf("%+v %v", none, err)
	}
	actions, err := d.Actions()
	if err != nil || len(actions) != 8 || actions[0].Kind != KindHold || actions[0].Undone == "" || !actions[7].Ended {
		t.Errorf("%+v %v", actions, err)
	}
}

func TestDeleteHeldAndEmptyTrash(t *testing.T) {
	ctx := context.Background()
	root, folders := installation(t, 300)
	d := open(t, options(root, folders))
	items := itemsOf(t, folders, "Bad Mail")
	held, err := d.Hold(ctx, items, nil)
	if err != nil || held.Moved != len(items) {
		t.Fatalf("%+v %v", held, err)
	}
	gone, err := d.Delete(ctx, items, true, nil)
	if err != nil || gone.Moved != len(items) {
		t.Fatalf("%+v %v", gone, err)
	}
	for _, f := range heldIn(t, root) {
		if names, _ := os.ReadDir(filepath.Join(f.Path, f.Messages)); len(names) > 0 {
			t.Errorf("still held: %s", f.Path)
		}
	}
	if _, err := d.EmptyTrash(ctx, held.Action, nil); err == nil {
		t.Error("the trash of a hold was emptied")
	}
	empty, err := d.EmptyTrash(ctx, gone.Action, nil)
	if err != nil || empty.Moved < len(items) {
		t.Errorf("%+v %v", empty, err)
	}
	if _, err := d.Undo(ctx, gone.Action, nil); err == nil || !strings.Contains(err.Error(), "emptied") {
		t.Errorf("an emptied trash came back: %v", err)
	}
	if _, err := d.Undo(ctx, empty.Action, nil); err == nil {
		t.Error("emptying was undone")
	}
	if _, err := d.Undo(ctx, "nonsense", nil); err == nil {
		t.Error("nothing was undone")
	}
}

func TestOrphansAndOddNames(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	write := func(name, text string) {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(root, "queues", "SMTP", "Outgoing")
	write("queues/SMTP/Outgoing/A1.MAI", "Status=Unsent\r\n") // command alone
	write("queues/SMTP/Outgoing/MESSAGES/B2.MAI", "x")        // message alone
	write("queues/SMTP/Outgoing/c3.mai", "Status=Unsent\r\n") // letters differ
	write("queues/SMTP/Outgoing/MESSAGES/C3.MAI", "x")
	write("queues/SMTP/Outgoing/D4.MAI", "Status = delivering\r\n")
	write("queues/SMTP/Outgoing/MESSAGES/D4.MAI", "x")
	write("queues/SMTP/Outgoing/E5.MAI", "Status=Unsent\r\n")
	write("queues/SMTP/Outgoing/MESSAGES/E5.MAI", "x")
	write("metriage/hold/queues/SMTP/Outgoing/E5.MAI", "older") // already there
	write("Postoffices/a/MAILROOT/b/Inbox/F6.MAI", "x")
	folders := layout(t, root)
	before := fingerprint(t, root, homeFolder)
	d := open(t, options(root, folders))
	var items []Item
	for _, n := range []string{"A1.MAI", "B2.MAI", "C3.MAI", "D4.MAI", "E5.MAI", "none.MAI", "../../../x.MAI", "readme.txt"} {
		items = append(items, Item{out, n})
	}
	items = append(items, Item{filepath.Join(root, "Postoffices", "a", "MAILROOT", "b", "Inbox"), "F6.MAI"}, Item{"/", "A1.MAI"})
	r, err := d.Hold(ctx, items, nil)
	if err != nil || r.Moved != 3 || len(r.Left) != 7 {
		t.Fatalf("%+v %v", r, err)
	}
	reasons := map[string]string{}
	for _, l := range r.Left {
		reasons[l.Item.Name] = l.Why
	}
	for name, want := range map[string]string{"D4.MAI": "Sending or Delivering", "E5.MAI": "already there", "none.MAI": "gone", "readme.txt": "not the name", "F6.MAI": "not a queue folder"} {
		if !strings.Contains(reasons[name], want) {
			t.Errorf("%s: %q, want %q", name, reasons[name], want)
		}
	}
	if s := r.Words(); !strings.Contains(s, "3 of 10 messages held; left alone: ") {
		t.Error(s)
	}
	if _, err := d.Undo(ctx, r.Action, nil); err != nil {
		t.Fatal(err)
	}
	if after := fingerprint(t, root, homeFolder); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	// With the services stopped nothing is being sent.
	_ = d.Close()
	o := options(root, folders)
	o.Stopped = func() (bool, bool) { return true, true }
	d = open(t, o)
	if r, err = d.Hold(ctx, []Item{{out, "D4.MAI"}}, nil); err != nil || r.Moved != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestOrderOfHalves: out of the queue the command file goes first, into it last,
// so that MailEnable never finds one without its message.
func TestOrderOfHalves(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	if err := os.MkdirAll(filepath.Join(out, "Messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A1.MAI", "Messages/A1.MAI"} {
		if err := os.WriteFile(filepath.Join(out, filepath.FromSlash(name)), []byte("Status=Unsent\r\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := options(root, layout(t, root))
	var moves []string
	o.after = func(what string) {
		if to, ok := strings.CutPrefix(what, "rename "); ok {
			moves = append(moves, to)
		}
	}
	d := open(t, o)
	items, ctx := []Item{{out, "A1.MAI"}}, context.Background()
	for _, step := range []struct {
		name string
		do   func() (Result, error)
		want string
	}{
		{"hold", func() (Result, error) { return d.Hold(ctx, items, nil) }, "metriage/hold/Queues/SMTP/Outgoing/A1.MAI metriage/hold/Queues/SMTP/Outgoing/Messages/A1.MAI"},
		{"release", func() (Result, error) { return d.Release(ctx, items, nil) }, "Queues/SMTP/Outgoing/Messages/A1.MAI Queues/SMTP/Outgoing/A1.MAI"},
		{"delete", func() (Result, error) { return d.Delete(ctx, items, false, nil) }, "Queues/SMTP/Outgoing/A1.MAI Queues/SMTP/Outgoing/Messages/A1.MAI"},
	} {
		moves = nil
		r, err := step.do()
		if err != nil || r.Moved != 1 || len(moves) != 2 {
			t.Fatalf("%s: %+v %v %v", step.name, r, moves, err)
		}
		want := strings.Fields(step.want)
		for i := range moves {
			if !strings.HasSuffix(moves[i], want[i]) {
				t.Errorf("%s moved %v", step.name, moves)
			}
		}
		if step.name == "delete" {
			moves = nil
			if _, err := d.Undo(ctx, r.Action, nil); err != nil || len(moves) != 2 || !strings.Contains(moves[0], "/Messages/") {
				t.Errorf("undo moved %v, %v", moves, err)
			}
		}
	}
}

// TestLettersOnDisk: on a volume that finds names in any letters, a message
// goes by those on disk, so that undo brings the same names back.
func TestLettersOnDisk(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	if err := os.MkdirAll(filepath.Join(out, "Messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"c3.mai", "Messages/C3.Mai"} {
		if err := os.WriteFile(filepath.Join(out, filepath.FromSlash(name)), []byte("Status=Unsent\r\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, options(root, layout(t, root)))
	d.folds = true
	f, err := d.find(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"C3.MAI", "c3.mai", "C3.Mai"} {
		f.names = nil
		if p, err := d.resolve(inQueue, f, name); err != nil || p.Name != "c3.mai" || p.message() != "C3.Mai" || p.Half != "" {
			t.Errorf("%s is %+v, %v", name, p, err)
		}
	}
	d.folds = d.foldsNames()
	before := fingerprint(t, root, homeFolder)
	r, err := d.Hold(context.Background(), []Item{{out, "C3.MAI"}}, nil)
	if err != nil || r.Moved != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := d.Undo(context.Background(), r.Action, nil); err != nil {
		t.Fatal(err)
	}
	if after := fingerprint(t, root, homeFolder); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// TestTakenMeanwhile: MailEnable takes a message between the look and the move.
func TestTakenMeanwhile(t *testing.T) {
	root, folders := installation(t, 300)
	items := itemsOf(t, folders, "SMTP/Outgoing")
	items = slices.DeleteFunc(items, func(it Item) bool {
		b, err := os.ReadFile(filepath.Join(it.Folder, it.Name))
		return err != nil || busy(mailenable.ParseEnvelope(it.Name, b).Status)
	})[:1]
	o := options(root, folders)
	o.after = func(what string) {
		if strings.HasPrefix(what, "rename ") && strings.Contains(what, "hold/") {
			p := filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(what, "rename ")))
			if err := os.WriteFile(p, []byte("Status=Sending\r\n"), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	d := open(t, o)
	r, err := d.Hold(context.Background(), items, nil)
	if err != nil || r.Moved != 0 || r.Skipped[errTaken.Error()] != 1 {
		t.Errorf("%+v %v", r, err)
	}
	for _, p := range []string{filepath.Join(items[0].Folder, items[0].Name), filepath.Join(items[0].Folder, "Messages", items[0].Name)} {
		if _, err := os.Stat(p); err != nil {
			t.Error(err)
		}
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	root, folders := installation(t, 100)
	first := open(t, options(root, folders))
	_, err := Open(context.Background(), options(root, folders))
	var used *InUseError
	if !errors.As(err, &used) || !strings.Contains(used.Who, fmt.Sprint(os.Getpid())) {
		t.Fatalf("a second desk: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, options(root, folders))
}

func TestCancelled(t *testing.T) {
	root, folders := installation(t, 400)
	items := itemsOf(t, folders, "SMTP/Outgoing")
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	o := options(root, folders)
	o.after = func(string) {
		if n++; n == 21 {
			cancel()
		}
	}
	d := open(t, o)
	before := fingerprint(t, root, homeFolder)
	r, err := d.Hold(ctx, items, nil)
	if !errors.Is(err, context.Canceled) || !r.Interrupted || r.Moved == 0 || r.Moved == len(items) {
		t.Fatalf("%+v %v", r, err)
	}
	if undone, err := d.Undo(context.Background(), r.Action, nil); err != nil || undone.Moved != r.Moved {
		t.Fatalf("%+v %v", undone, err)
	}
	if fingerprint(t, root, homeFolder) != before {
		t.Error("the tree is not what it was")
	}
}

// Environment of the helper process that is killed half-way.
const (
	envRoot = "METRIAGE_TEST_ROOT"
	envKind = "METRIAGE_TEST_KIND"
	envAt   = "METRIAGE_TEST_AT"
)

func TestMain(m *testing.M) {
	if root := os.Getenv(envRoot); root != "" {
		helper(root)
		return
	}
	goleak.VerifyTestMain(m)
}

// helper begins an action and stops for good in the middle of it.
func helper(root string) {
	found, _ := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{root})
	folders := found[0].Layout(mailenable.Disk{}).Folders
	var at int
	_, _ = fmt.Sscan(os.Getenv(envAt), &at)
	n := 0
	o := options(root, folders)
	o.after = func(string) {
		if n++; n == at {
			fmt.Println("half-way")
			select {} // until killed
		}
	}
	d, err := Open(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return
	}
	var items []Item
	for _, f := range folders {
		entries, _ := os.ReadDir(f.Path)
		for _, e := range entries {
			if f.Outgoing && mailenable.IsMail(e.Name()) {
				items = append(items, Item{f.Path, e.Name()})
			}
		}
	}
	switch Kind(os.Getenv(envKind)) {
	case KindDelete:
		_, err = d.Delete(context.Background(), items, false, nil)
	case KindRelease:
		// Hold everything first; half-way is counted over both.
		if _, err = d.Hold(context.Background(), items, nil); err == nil {
			_, err = d.Release(context.Background(), items, nil)
		}
	default:
		_, err = d.Hold(context.Background(), items, nil)
	}
	fmt.Println("ended", err)
}

// TestKilledHalfWay kills a process in the middle of an action, with one half
// of a pair moved, while somebody else moves files, and recovers.
func TestKilledHalfWay(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		at   int // number of the rename behind which it is killed
	}{{KindHold, 31}, {KindHold, 32}, {KindDelete, 41}, {KindRelease, 301}, {KindRelease, 302}, {KindHold, 1}} {
		t.Run(fmt.Sprintf("%s-%d", c.kind, c.at), func(t *testing.T) {
			root, folders := installation(t, 400)
			before := contents(t, root)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), envRoot+"="+root, envKind+"="+string(c.kind), envAt+"="+fmt.Sprint(c.at))
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(pipe).ReadString('\n')
			if err != nil || line != "half-way\n" {
				t.Fatalf("%q %v", line, err)
			}
			if _, err := Open(context.Background(), options(root, folders)); err == nil {
				t.Error("a second process was let in")
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if n, err := Interrupted(mailenable.Disk{}, root); n != 1 || err != nil {
				t.Errorf("%d interrupted, %v", n, err)
			}
			d := open(t, options(root, folders))
			if len(d.Recovered) != 1 || !d.Recovered[0].Interrupted || d.Recovered[0].Kind != c.kind {
				t.Fatalf("recovered %+v", d.Recovered)
			}
			whole(t, root, before)
			if n, _ := Interrupted(mailenable.Disk{}, root); n != 0 {
				t.Errorf("%d are still interrupted", n)
			}
			// Everything can be undone, to the state before.
			actions, err := d.Actions()
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range slices.Backward(actions) {
				if _, err := d.Undo(context.Background(), a.ID, nil); err != nil {
					t.Fatal(err)
				}
			}
			if after := contents(t, root); !equal(before, after) {
				t.Error("after undoing everything the tree is not what it was")
			}
		})
	}
}

// contents maps every file below the root outside of our own folder to its
// contents and time.
func contents(t testing.TB, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(fingerprint(t, root, homeFolder)) {
		name, rest, _ := strings.Cut(line, ".MAI ")
		out[name] = rest
	}
	return out
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// whole checks that every pair that was whole is whole, in one place.
func whole(t *testing.T, root string, before map[string]string) {
	t.Helper()
	at := map[string]map[string]bool{} // id to the folders it lies in
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && mailenable.IsMail(e.Name()) && strings.Contains(path, "Outgoing") {
			if at[e.Name()] == nil {
				at[e.Name()] = map[string]bool{}
			}
			dir := filepath.Dir(path)
			at[e.Name()][strings.TrimSuffix(dir, string(filepath.Separator)+"Messages")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, dirs := range at {
		if len(dirs) != 1 {
			t.Errorf("%s is torn apart: %v", id, dirs)
		}
	}
	if len(at) == 0 || len(before) == 0 {
		t.Error("nothing was looked at")
	}
}

// TestWhileOthersMoveFiles holds and releases while a second goroutine, like
// MailEnable, takes messages out of the queue.
func TestWhileOthersMoveFiles(t *testing.T) {
	root, folders := installation(t, 600)
	items := itemsOf(t, folders, "SMTP/Outgoing")
	o := options(root, folders)
	sent := make(chan string, len(items)*4)
	var mailenable sync.WaitGroup
	work := make(chan Item)
	mailenable.Go(func() {
		for it := range work {
			c, m := filepath.Join(it.Folder, it.Name), filepath.Join(it.Folder, "Messages", it.Name)
			// It marks the message, sends it and removes it.
			if b, err := os.ReadFile(c); err != nil || os.WriteFile(c+".x", append(b, "Status=Sending\r\n"...), 0o644) != nil || os.Rename(c+".x", c) != nil {
				continue
			}
			if os.Remove(c) == nil {
				_ = os.Remove(m)
				sent <- it.Name
			}
		}
	})
	n := 0
	o.after = func(string) {
		if n++; n%7 == 0 {
			work <- items[(n*13)%len(items)]
		}
	}
	d := open(t, o)
	ctx := context.Background()
	held, err := d.Hold(ctx, items, nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := d.Release(ctx, items, nil)
	if err != nil {
		t.Fatal(err)
	}
	close(work)
	mailenable.Wait()
	close(sent)
	gone := map[string]bool{}
	for name := range sent {
		gone[name] = true
	}
	if len(gone) == 0 || held.Moved == 0 || back.Moved == 0 {
		t.Fatalf("%d sent meanwhile, %d held, %d released", len(gone), held.Moved, back.Moved)
	}
	for _, it := range items {
		_, errC := os.Stat(filepath.Join(it.Folder, it.Name))
		if there := errC == nil; there == gone[it.Name] && gone[it.Name] {
			t.Errorf("%s was sent and is in the queue", it.Name)
		} else if !there && !gone[it.Name] {
			if _, err := os.Stat(filepath.Join(it.Folder, "Messages", it.Name)); err != nil {
				t.Errorf("%s is lost", it.Name)
			}
		}
	}
	for _, f := range heldIn(t, root) {
		if names, _ := os.ReadDir(filepath.Join(f.Path, f.Messages)); len(names) > 0 {
			t.Errorf("%d files are left in %s", len(names), f.Path)
		}
	}
}

func TestDamagedJournal(t *testing.T) {
	root, folders := installation(t, 300)
	d := open(t, options(root, folders))
	items := itemsOf(t, folders, "Quarantine")
	held, err := d.Hold(context.Background(), items, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	path := filepath.Join(root, filepath.FromSlash(journalFile))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	// Rubbish, paths that lead out, a line that was cut off.
	_, _ = f.WriteString("\x00\xff\n{\"what\":\"begin\",\"action\":\"evil\",\"kind\":\"hold\",\"from\":\"queue\",\"to\":\"hold\",\"folders\":[{\"path\":\"../..\",\"mirror\":\"../..\",\"messages\":\"..\"}]}\n" +
		"{\"what\":\"step\",\"action\":\"evil\",\"step\":1,\"pairs\":[{\"f\":0,\"n\":\"../../etc/passwd\"},{\"f\":7,\"n\":\"A.MAI\"}]}\n{\"what\":\"step\",\"act")
	_ = f.Close()
	d = open(t, options(root, folders))
	undone, err := d.Undo(context.Background(), held.Action, nil)
	if err != nil || undone.Moved != held.Moved {
		t.Errorf("%+v %v", undone, err)
	}
}

func TestDescribe(t *testing.T) {
	p := Describe(KindHold, 1204, 3, false)
	if !strings.Contains(p.Question, "1,204 messages") || len(p.Notes) != 2 || !slices.Contains(p.Commands, "net stop MESMTPCS") {
		t.Errorf("%+v", p)
	}
	if p = Describe(KindDelete, 1, 0, false); !strings.Contains(p.Question, "Delete 1 message?") || len(p.Commands) > 0 {
		t.Errorf("%+v", p)
	}
	if p = Describe(KindHold, 1204, 3, true); len(p.Notes)+len(p.Commands) > 0 {
		t.Errorf("with the services stopped: %+v", p)
	}
	for n, want := range map[int]bool{50: false, 51: true} { // messages of two files
		if p = Describe(KindHold, n, 0, false); (len(p.Commands) > 0) != want {
			t.Errorf("%d messages: %+v", n, p)
		}
	}
	for _, k := range []Kind{KindRelease, KindUndo, KindEmpty} {
		if p = Describe(k, 50, 0, false); p.Question == "" || len(p.Commands) > 0 {
			t.Errorf("%s: %+v", k, p)
		}
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"what\":\"begin\",\"action\":\"a\",\"kind\":\"hold\"}\n{\"what\":\"step\",\"action\":\"a\",\"step\":1,\"pairs\":[{\"f\":0,\"n\":\"A.MAI\"}]}\n"))
	f.Add([]byte("{}\n\n{\"what\""))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := readRecords(strings.NewReader(string(b)), func(r record) error {
			if r.Action == "" {
				t.Error("a record of no action")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkHold holds and releases a big selection.
func BenchmarkHold(b *testing.B) {
	root, folders := installation(b, 10_000)
	items := itemsOf(b, folders, "SMTP/Outgoing")
	d := open(b, options(root, folders))
	b.ReportMetric(float64(len(items)), "messages/op")
	for b.Loop() {
		if _, err := d.Hold(context.Background(), items, nil); err != nil {
			b.Fatal(err)
		}
		if _, err := d.Release(context.Background(), items, nil); err != nil {
			b.Fatal(err)
		}
	}
}
