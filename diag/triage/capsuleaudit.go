package triage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/mailenable"
)

// CapsuleAudit holds what logs, settings and queue said, and what the plan
// took from them: the capsule itself has none of the three.
const CapsuleAudit = "audit.json"

const (
	capsuleAuditVersion = 1
	maxCapsuleAudit     = 64 << 20
)

// keptAudit is what a capsule keeps of the audit. Failures are numbered as in
// its facts.
type keptAudit struct {
	Version int
	// Pictures are without Settings and Config, whose values are secrets of the
	// house; Nouns are what reports made of them.
	Pictures []AuditPicture
	Nouns    []diag.Audit
	Headline Headline
	Networks []map[string][]UserNetwork // by user, of the runs
	// Situations say how failures came about, Runs which failures are of which
	// run, by installation.
	Situations map[string][]int32
	Runs       [][][]int32
	Usage      map[string][]string // by Step.Closes
	// Checks are what the live checks had found when the capsule was made, nil
	// in a capsule of an earlier version.
	Checks []diag.Finding
}

// keepAudit gathers what a capsule keeps.
func (s *Session) keepAudit(v *index.View, checks []diag.Finding) keptAudit {
	pictures := s.Audit(v)
	k := keptAudit{Version: capsuleAuditVersion, Nouns: s.Audits(v), Headline: s.Headline(v), Checks: checks, Situations: map[string][]int32{}, Usage: map[string][]string{}}
	for _, p := range pictures {
		nets := map[string][]UserNetwork{}
		for _, r := range p.Runs {
			if r.User != "" {
				nets[r.User] = p.Networks(r.User)
			}
		}
		k.Networks, k.Runs = append(k.Networks, nets), append(k.Runs, make([][]int32, len(p.Runs)))
		p.Settings, p.Config, p.Problems = mailenable.Settings{}, mailenable.Config{}, nil
		k.Pictures = append(k.Pictures, p)
	}
	how := s.situations()
	for _, n := range v.AllFailures() {
		r := v.Row(n)
		if w := how(v, n, r); w != "" {
			k.Situations[w] = append(k.Situations[w], n)
		}
		if i := runOf(v, pictures, n, r); i >= 0 {
			k.Runs[r.Installation][i] = append(k.Runs[r.Installation][i], n)
		}
	}
	for word := range closes {
		k.Usage[word] = s.usageOf(pictures, word)
	}
	return k
}

// writeAudit writes the audit of a view into a capsule.
func (s *Session) writeAudit(dir string, v *index.View, checks []diag.Finding, redact func(string) string) error {
	k := s.keepAudit(v, checks)
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	var all any
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	if redact != nil {
		all = hideIn(all, hiding(k, s, redact))
	}
	if b, err = json.Marshal(all); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, CapsuleAudit), index.ASCII(b), 0o600)
}

// hiding returns what hides people in a text of the audit: addresses, mailboxes
// and the subjects of spam runs.
func hiding(k keptAudit, s *Session, redact func(string) string) func(string) string {
	var pairs []string
	box := func(name string) {
		if po, mb, ok := strings.Cut(name, "/"); ok && mb != "" {
			hidden, _, _ := strings.Cut(redact(mb+"@x.example"), "@")
			pairs = append(pairs, name, po+"/"+hidden)
		}
	}
	for _, p := range s.LastAudit() {
		for _, x := range p.Passed {
			box(x.Mailbox)
		}
		for _, x := range p.Config.CatchAlls {
			box(x.Mailbox)
		}
		for _, x := range p.Config.Redirects {
			box(x.Mailbox)
		}
		for _, r := range p.Runs {
			for _, x := range r.Patterns {
				if len(x) > 3 {
					pairs = append(pairs, x, "(subject withheld)")
				}
			}
		}
	}
	names := strings.NewReplacer(pairs...)
	root := strings.NewReplacer(func() (out []string) {
		for _, r := range s.Roots() {
			out = append(out, r+string(filepath.Separator), "", r, "")
		}
		return out
	}()...)
	return func(t string) string {
		a, err := netip.ParseAddr(t)
		p, perr := netip.ParsePrefix(t)
		if err == nil && insider(a) && !a.IsLoopback() || perr == nil && insider(p.Addr()) {
			return "" // the field holds an address or nothing
		}
		return hideText(names.Replace(root.Replace(t)), redact)
	}
}

// hideIn changes every text in decoded JSON, and the keys of maps by name.
func hideIn(v any, hide func(string) string) any {
	switch v := v.(type) {
	case string:
		return hide(v)
	case []any:
		for i := range v {
			v[i] = hideIn(v[i], hide)
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[hide(k)] = hideIn(x, hide)
		}
		return out
	}
	return v
}

// openAudit takes the audit of the capsule that was opened; one of an earlier
// version has none.
func (s *Session) openAudit() error {
	f, err := os.Open(filepath.Join(s.capsule, CapsuleAudit))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var k keptAudit
	if err := json.NewDecoder(io.LimitReader(f, maxCapsuleAudit)).Decode(&k); err != nil {
		return fmt.Errorf("its audit is damaged: %w", err)
	}
	switch {
	case k.Version != capsuleAuditVersion:
		return fmt.Errorf("its audit has the form %d, this metriage knows %d: open it with the version that made it", k.Version, capsuleAuditVersion)
	case len(k.Nouns) != len(k.Pictures) || len(k.Runs) != len(k.Pictures) || len(k.Networks) != len(k.Pictures):
		return errors.New("its audit is damaged: parts of it are missing")
	}
	v := s.reader().View()
	failures := map[int32]bool{}
	for _, n := range v.AllFailures() {
		failures[n] = true
	}
	keys := func(list []int32, set func(key uint64)) {
		for _, n := range list {
			if failures[n] {
				set(v.Key(n))
			}
		}
	}
	s.kept = &keptIndex{usage: k.Usage, headline: k.Headline, situation: map[uint64]string{}, checks: k.Checks}
	for w, list := range k.Situations {
		keys(list, func(key uint64) { s.kept.situation[key] = w })
	}
	for i := range k.Pictures {
		p := &k.Pictures[i]
		if p.Picture == nil {
			return errors.New("its audit is damaged: a picture is missing")
		}
		p.Root, k.Nouns[i].Installation = s.capsule, s.capsule
		p.kept = &k.Nouns[i]
		p.runs = map[uint64]int{}
		for r, list := range k.Runs[i] {
			if r < len(p.Runs) {
				keys(list, func(key uint64) { p.runs[key] = r })
			}
		}
		nets, innocent := k.Networks[i], k.Nouns[i].Innocent
		p.networks = func(user string) []UserNetwork { return nets[user] }
		p.innocents = func() (out []Affected) {
			for _, x := range innocent {
				out = append(out, Affected{Sender: x.Sender, Account: x.Account, Failed: x.Failed, Waiting: x.Waiting, GivesUp: x.GivesUp})
			}
			return out
		}
	}
	s.audits.mu.Lock()
	defer s.audits.mu.Unlock()
	s.audits.last = lastAudit{pictures: slices.Clip(k.Pictures), done: true}
	return nil
}

// keptIndex is what an opened capsule knows of single failures, by index.View.Key.
type keptIndex struct {
	situation map[uint64]string
	usage     map[string][]string
	headline  Headline
	checks    []diag.Finding
}

// KeptFindings are what the checks had found when the capsule that is open was
// made: they look at the network of the server, not at this machine's. It is nil
// where no capsule is open.
func (s *Session) KeptFindings() []diag.Finding {
	if s.kept == nil {
		return nil
	}
	return slices.Clone(s.kept.checks)
}
