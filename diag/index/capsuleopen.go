package index

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
)

// Bounds of facts that are opened.
const (
	maxFactLine  = 64 << 20
	maxFactLines = 50_000_000
	maxFactTimes = 200_000_000
)

// belowRoot returns a path without the root of its installation.
func (v *View) belowRoot(path string) string {
	for _, in := range v.report.Installations {
		if rest, ok := strings.CutPrefix(path, in.Root); ok {
			return strings.TrimLeft(rest, `/\`)
		}
	}
	return filepath.Base(path)
}

// OpenFacts takes what WriteFacts wrote in place of installations: from then on
// the index shows it and reads nothing. root is how it is named. The error is a
// *FactsError where the facts are damaged, cut off or from a newer program.
func (x *Index) OpenFacts(r io.Reader, root string) error {
	f := factReader{store: newStore(), root: root}
	f.waits = map[waitKey]uint32{}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxFactLine)
	for in.Scan() {
		f.line++
		if err := f.take(in.Bytes()); err != nil {
			return &FactsError{f.line, err.Error()}
		}
		if f.line > maxFactLines {
			return &FactsError{f.line, "there are more lines than a capsule can have"}
		}
	}
	switch err := in.Err(); {
	case err != nil && !errors.Is(err, bufio.ErrTooLong):
		return err
	case err != nil:
		return &FactsError{f.line + 1, "the line is longer than any that metriage writes"}
	case f.header == nil:
		return &FactsError{1, "this is no capsule: its first line is missing"}
	case f.end == nil:
		return &FactsError{f.line, "the capsule was cut off: its last line is missing"}
	case f.end.Records != len(f.records) || f.end.Accepted != int(f.accepted.n):
		return &FactsError{f.line, fmt.Sprintf("lines are missing: %d of %d records, %d of %d deliveries", len(f.records), f.end.Records, f.accepted.n, f.end.Accepted)}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fixed = f.picture(x)
	x.prog = Progress{Done: true, Files: f.header.Totals.Files, Found: f.header.Totals.Files, Failures: x.fixed.report.Totals.Failures}
	return nil
}

// opened reports whether facts were opened in place of installations.
func (x *Index) opened() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.fixed != nil
}

// factReader puts a picture together from lines.
type factReader struct {
	store    *store
	root     string
	line     int
	header   *factHeader
	end      *factEnd
	records  []record
	waits    map[waitKey]uint32
	accepted chunks[acceptance]
}

func (f *factReader) take(b []byte) error {
	var l factLine
	if err := json.Unmarshal(b, &l); err != nil {
		return errors.New("this is no line of a capsule")
	}
	switch {
	case f.end != nil:
		return errors.New("something follows the last line")
	case l.Header != nil && f.header == nil && f.line == 1:
		if l.Header.Version != FactsVersion {
			return fmt.Errorf("the capsule has the form %d, this metriage knows %d: open it with the version that made it", l.Header.Version, FactsVersion)
		}
		f.header = l.Header
	case f.header == nil:
		return errors.New("this is no capsule: its first line is missing")
	case l.Record != nil:
		return f.record(l.Record)
	case l.Accepted != nil:
		return f.acceptances(l.Accepted)
	case l.End != nil:
		f.end = l.End
	default:
		return errors.New("this is no line of a capsule")
	}
	return nil
}

func (f *factReader) record(v *factRecord) error {
	s := slices.Index(states[:], v.State)
	if s < 0 || int(v.Installation) >= max(1, len(f.header.Installations)) {
		return errors.New("the record has a state or an installation that there is not")
	}
	st := f.store
	cause := diag.Cause(v.Cause)
	if cause != "" && !cause.Valid() {
		cause = diag.CauseUnknown
	}
	r := record{
		id: st.ids.of(v.ID), rcpt: st.text.ref(v.Recipient), domain: st.text.ref(v.Domain), sender: st.text.ref(v.Sender),
		account: st.text.ref(v.Account), subject: st.text.ref(cut(v.Subject, maxSubject)), raw: st.text.ref(v.Reply), host: st.text.ref(v.Host),
		own: st.text.ref(v.Own), remote: st.text.ref(v.Remote),
		answer: st.answers.of(answer{cause, v.Named, v.Provider, v.Print}),
		first:  v.First, last: v.Last, attempts: v.Attempts, inst: v.Installation, state: state(s), sources: diag.Source(v.Sources),
		stage: stageIndex(diag.Stage(v.Stage)), flags: recordFlag(v.Flags) &^ recSent,
	}
	r.logged = r.id
	if v.Sent {
		r.flags |= recSent
	}
	if v.Since != 0 {
		f.waits[waitKey{r.inst, r.id}] = v.Since
	}
	f.records = append(f.records, r)
	return nil
}

func (f *factReader) acceptances(v *factAccepted) error {
	if int(v.Installation) >= max(1, len(f.header.Installations)) || int(f.accepted.n)+len(v.At) > maxFactTimes {
		return errors.New("the deliveries have an installation that there is not, or are too many")
	}
	st := f.store
	c := st.commons.of(common{
		domain: st.text.ref(v.Domain), sender: st.text.ref(v.Sender), sent: v.Sent, account: st.text.ref(v.Account), host: st.text.ref(v.Host),
		own: st.text.ref(v.Own), remote: st.text.ref(v.Remote), helo: st.text.ref(v.HELO), inst: v.Installation,
	})
	at := uint64(0)
	for _, d := range v.At {
		if at += uint64(d); at > math.MaxUint32 {
			return errors.New("a delivery lies beyond the end of time")
		}
		f.accepted.add(acceptance{when: uint32(at), common: c})
	}
	return nil
}

// picture makes what views show; x.mu is held.
func (f *factReader) picture(x *Index) *picture {
	s := f.store
	p := &picture{
		snap: &snapshot{
			text: s.text.picture(), ids: s.ids.picture(), commons: s.commons.picture(), answers: s.answers.picture(), items: s.items,
			logs: []logState{{accepted: f.accepted}}, memo: s.memo,
		},
		class: x.opt.Classifier, own: x.opt.OwnDomain, groups: map[diag.GroupBy]*grouping{}, since: f.waits, helos: f.header.HELO,
	}
	if p.helos == nil {
		p.helos = []Seen[string]{}
	}
	p.report.Totals, p.report.Problems = f.header.Totals, f.header.Problems
	for _, in := range f.header.Installations {
		in.Root, in.FoundBy = f.root, diag.FoundByFlag
		p.report.Installations = append(p.report.Installations, in)
	}
	if p.report.Installations == nil {
		p.report.Installations = []diag.InstallationCount{{Root: f.root, FoundBy: diag.FoundByFlag}}
	}
	p.merged.records = f.records
	all := bits{}
	for i := range f.accepted.n {
		all.set(i)
	}
	p.merged.accepted = []bits{all}
	p.learnProviders()
	p.count()
	return p
}
