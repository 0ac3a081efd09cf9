package mailenable

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
)

// ReadConfig reads the files of the configuration: TAB files by the brackets in
// their rows, and the SYS files of postoffices and mailboxes. AUTH.TAB and
// whatever else is called AUTH holds passwords and is neither opened nor asked
// for. What cannot be read is a problem; the rest goes on.
func (in Installation) ReadConfig(ctx context.Context, fsys FS) Config {
	out := Config{NotUnderstood: map[string]int{}, boxes: map[string][]string{}, owners: map[string]string{}}
	r := &configReader{out: &out, domains: map[string]bool{}, boxes: map[string]bool{}, seen: map[string]bool{}}
	if !in.loose {
		r.postoffices(fsys, in)
	}
	if dir := in.configDir(fsys); dir != "" {
		out.Dir = dir
		if d, err := fsys.OpenDir(dir); err != nil {
			r.problem("", Why(err))
		} else {
			out.Read = true
			r.folder(ctx, d, "", 0)
			_ = d.Close()
		}
	}
	out.Domains = slices.Sorted(maps.Keys(r.domains))
	slices.Sort(out.Postoffices)
	out.Postoffices = slices.CompactFunc(out.Postoffices, strings.EqualFold)
	slices.SortFunc(out.Files, func(a, b ConfigFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// postoffices lists the folders below Postoffices: one for each postoffice.
func (r *configReader) postoffices(fsys FS, in Installation) {
	w := walker{fsys: fsys, root: in.Root}
	path := in.postoffices
	if path == "" {
		d, err := fsys.OpenDir(in.Root)
		if err != nil {
			return
		}
		name, _ := Child(d, "Postoffices")
		_ = d.Close()
		if name == "" {
			return
		}
		path = filepath.Join(in.Root, name)
	}
	for _, po := range w.dirs(path) {
		if len(r.out.Postoffices) < maxFacts {
			r.out.Postoffices = append(r.out.Postoffices, po)
		}
	}
}

// folder reads one folder of the configuration and those below it.
func (r *configReader) folder(ctx context.Context, d Dir, name string, depth int) {
	var files, dirs []string
	err := d.List(func(e Entry) bool {
		switch {
		case e.IsDir && depth < maxConfigDepth:
			dirs = append(dirs, e.Name)
		case e.Regular && !secretFile(e.Name) && r.files+len(files) < maxConfigFiles:
			files = append(files, e.Name)
		}
		return true
	})
	if err != nil {
		r.problem(name, Why(err))
	}
	slices.Sort(files)
	slices.Sort(dirs)
	postoffice := postofficeOf(name)
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		r.files++
		r.file(d, joinSlash(name, f), f, postoffice)
	}
	for _, sub := range dirs {
		if ctx.Err() != nil {
			return
		}
		if depth == 1 && strings.EqualFold(name, "Postoffices") && len(r.out.Postoffices) < maxFacts {
			r.out.Postoffices = append(r.out.Postoffices, sub)
		}
		below, err := d.OpenDir(sub)
		if err != nil {
			r.problem(joinSlash(name, sub), Why(err))
			continue
		}
		r.folder(ctx, below, joinSlash(name, sub), depth+1)
		_ = below.Close()
	}
}

func joinSlash(dir, name string) string { return strings.TrimPrefix(dir+"/"+name, "/") }

// secretFile reports whether a file may hold passwords or keys: those are never
// opened.
func secretFile(name string) bool {
	return hasPrefixFold(name, "AUTH") || strings.EqualFold(filepath.Ext(name), ".key") || hasPrefixFold(name, "DKIM")
}

// postofficeOf returns the postoffice of "Postoffices/NAME" and what lies
// below.
func postofficeOf(dir string) string {
	first, rest, ok := strings.Cut(dir, "/")
	if !ok || !strings.EqualFold(first, "Postoffices") {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func (r *configReader) file(d Dir, name, base, postoffice string) {
	ext := strings.ToUpper(filepath.Ext(base))
	if ext != ".TAB" && ext != ".SYS" {
		return
	}
	e, err := d.Stat(base)
	if err != nil {
		r.problem(name, Why(err))
		return
	}
	if len(r.out.Files) < maxConfigFiles {
		r.out.Files = append(r.out.Files, ConfigFile{name, e.ModTime})
	}
	switch {
	case e.Size == 0:
	case ext == ".SYS" && e.Size <= maxSysFile:
		r.sys(d, name, base, postoffice)
	case ext == ".TAB" && e.Size <= maxTabFile:
		r.tab(d, name, base, postoffice)
	default:
		r.problem(name, "too large for a settings file; not read")
	}
}

func (r *configReader) tab(d Dir, name, base, postoffice string) {
	f, err := d.Open(base)
	if err != nil {
		r.problem(name, Why(err))
		return
	}
	defer f.Close()
	number := 0
	_, err = ReadLines(LogText(f), func(line []byte) bool {
		number++
		r.rows++
		if number == 1 {
			if CheckText(line) == ErrBinary {
				r.problem(name, "not a text file")
				return false
			}
			line = bytes.TrimPrefix(line, []byte(utf8BOM))
		}
		r.row(name, postoffice, number, line)
		return r.rows < maxTabRows
	})
	if err != nil {
		r.problem(name, Why(err))
	}
	if r.rows >= maxTabRows {
		r.problem(name, "too many rows; the rest was not read")
	}
}

// sys reads a settings file of Key=Value lines.
func (r *configReader) sys(d Dir, name, base, postoffice string) {
	buf := make([]byte, maxSysFile)
	n, err := d.Read(base, buf)
	if err != nil {
		r.problem(name, Why(err))
		return
	}
	values := parseSys(buf[:n])
	switch {
	case strings.EqualFold(base, "SMTP-WHITELIST.SYS"):
		for line := range sysLines(buf[:n]) {
			if f := strings.Fields(line); len(f) > 0 && addressPattern(f[0]) && len(r.out.Whitelist) < maxFacts {
				r.out.Whitelist = append(r.out.Whitelist, f[0])
			}
		}
	case postoffice != "" && strings.Contains(strings.ToUpper(name), "/MAILBOXES/"):
		r.mailbox(postoffice+"/"+strings.TrimSuffix(base, filepath.Ext(base)), name, values)
	}
}

// mailbox takes the settings of one mailbox. The fields of a redirection are
// known from programs that set them; how the file spells them is not, so any
// key counts that ends in their names.
func (r *configReader) mailbox(mailbox, name string, values []diag.Field) {
	r.box(mailbox)
	red := Redirect{Mailbox: mailbox, Status: -1, Where: name}
	for _, v := range values {
		key := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(v.Key))
		switch {
		case strings.HasSuffix(key, "redirectaddress"), strings.HasSuffix(key, "redirectionaddress"):
			red.To = appendAddresses(red.To, v.Value)
		case strings.HasSuffix(key, "redirectstatus"), strings.HasSuffix(key, "redirectionstatus"):
			if n, err := number(v.Value); err == nil && n <= 2 {
				red.Status = n
			} else {
				r.problem(name, v.Key+" is not 0, 1 or 2")
			}
		}
	}
	r.redirect(red)
}

// sysLines yields the lines of a settings file, whatever they end with.
func sysLines(b []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		b = bytes.TrimPrefix(b, []byte(utf8BOM))
		for len(b) > 0 {
			var line []byte
			if line, b = cutLine(b); !yield(toUTF8(line)) {
				return
			}
		}
	}
}

// parseSys takes Key=Value lines apart; what is no such line is left out.
func parseSys(b []byte) []diag.Field {
	var out []diag.Field
	for line := range sysLines(b) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && k != "" && len(out) < 10_000 {
			out = append(out, diag.Field{Key: strings.TrimSpace(k), Value: strings.TrimSpace(v)})
		}
	}
	return out
}
