package reply

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"metriage/diag"
)

//go:embed rules/*.toml
var ruleFiles embed.FS

// Rule is one rule as it is written. Literals (Any, All, None, Link) are
// compared in folded form: letters without case and marks, and without white
// space, hyphens, underscores and quotes. A blank at either end of a literal
// demands a word boundary there; a literal of an embedded rule begins at one
// anyway, unless a "*" stands before it. A literal counts in the prose of a
// reply only, unless it holds one of . / @ ? = between other characters.
type Rule struct {
	ID string `toml:"id"`
	// Provider gates the rule: one of these ids ("gmail|microsoft") has to be
	// recognised from the reply, the refusing host or the recipient's domain.
	Provider string `toml:"provider"`
	// Names demands that the reply names one of these ids, or a list of these
	// classes: "ip-list", "domain-list", "closed-list".
	Names []string `toml:"names"`
	// Any needs one of its literals. All needs each of its literals, where
	// "a|b" stands for either. None forbids. Link needs one of its literals
	// within a link or host name.
	Any  []string `toml:"any"`
	All  []string `toml:"all"`
	None []string `toml:"none"`
	Link []string `toml:"link"`
	// Match is a regular expression (RE2) over the lower-cased normalised text.
	// It runs only where the literals hit.
	Match string `toml:"match"`
	// Code and Enhanced need one of the codes to begin the reply's: "5", "550",
	// "0" for a reply without one, "5.7.26", "x.7.26" for any class.
	Code     []string `toml:"code"`
	Enhanced []string `toml:"enhanced"`
	Stage    []string `toml:"stage"`
	// OwnIP demands that the reply names an address that may be ours.
	OwnIP bool `toml:"own_ip"`
	// SmartHost makes the rule one for refusals of our own relay only.
	SmartHost bool `toml:"smart_host"`

	Cause      diag.Cause      `toml:"cause"`
	Also       []diag.Cause    `toml:"also"`
	Named      string          `toml:"named"`
	Confidence diag.Confidence `toml:"confidence"`
	Checks     []string        `toml:"checks"`
	Runbook    string          `toml:"runbook"`
	Lookup     string          `toml:"lookup"`
	Samples    []string        `toml:"samples"`
	NotSamples []string        `toml:"not_samples"`
}

// checkWords are the words that a rule may give as checks.
var checkWords = []string{"ptr", "helo", "dnsbl", "relay", "spf", "dkim", "dmarc", "sender", "outbound", "remote"}

// builtinRules decodes the embedded rules in their order: by file name, then
// as they stand.
func builtinRules() ([]Rule, error) {
	names, err := fs.Glob(ruleFiles, "rules/*.toml")
	if err != nil {
		return nil, err
	}
	var all []Rule
	for _, name := range names {
		b, err := ruleFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var file struct {
			Rule []Rule `toml:"rule"`
		}
		d := toml.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, detail(err))
		}
		all = append(all, file.Rule...)
	}
	return all, nil
}

// detail makes an error of the TOML decoder say which line and field it means.
func detail(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: there is no field %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		row, _ := de.Position()
		if key := strings.Join(de.Key(), "."); key != "" {
			return fmt.Errorf("line %d: field %q: %s", row, key, de.Error())
		}
		return fmt.Errorf("line %d: %s", row, de.Error())
	}
	return err
}

// check returns what is wrong with a rule, as a field and a sentence; "", nil
// where nothing is.
func (r *Rule) check(own bool) (field string, err error) {
	known := func(id string) bool {
		_, ok := names().byID[id]
		return ok || own && strings.HasPrefix(id, "x-")
	}
	switch {
	case r.ID == "":
		return "id", errors.New("is missing")
	case !r.Cause.Valid():
		return "cause", fmt.Errorf("%q is not a cause", string(r.Cause))
	case r.Named != "" && !known(r.Named):
		return "named", fmt.Errorf("%q is neither a known list, provider or filter nor begins with x-", r.Named)
	case r.Confidence != "" && r.Confidence != diag.ConfidenceHigh && r.Confidence != diag.ConfidenceMedium && r.Confidence != diag.ConfidenceLow:
		return "confidence", fmt.Errorf("%q is not high, medium or low", string(r.Confidence))
	case len(r.Any)+len(r.All)+len(r.Link)+len(r.Names)+len(r.Enhanced)+len(r.Code) == 0 && r.Match == "":
		return "any", errors.New("the rule has neither any, all, link, names, code, enhanced nor match and would fit every reply")
	}
	for _, c := range r.Also {
		if !c.Valid() {
			return "also", fmt.Errorf("%q is not a cause", string(c))
		}
	}
	for _, c := range r.Checks {
		if !contains(checkWords, c) {
			return "checks", fmt.Errorf("%q is not a check", c)
		}
	}
	if r.Provider != "" {
		for _, id := range strings.Split(r.Provider, "|") {
			if !known(id) {
				return "provider", fmt.Errorf("%q is not a known provider", id)
			}
		}
	}
	for _, id := range r.Names {
		if _, class := classes[id]; !class && !known(id) {
			return "names", fmt.Errorf("%q is not a known list", id)
		}
	}
	for _, f := range []struct {
		name string
		lits []string
	}{{"any", r.Any}, {"all", r.All}, {"none", r.None}, {"link", r.Link}} {
		for _, l := range f.lits {
			for _, alt := range strings.Split(l, "|") {
				if n := len(fold(alt)); n == 0 || n > maxLiteral {
					return f.name, fmt.Errorf("literal %q is empty or longer than %d characters", alt, maxLiteral)
				}
				if f.name != "all" {
					break
				}
			}
		}
	}
	if len(r.Match) > maxPattern {
		return "match", fmt.Errorf("is longer than %d characters", maxPattern)
	}
	if _, err := regexp.Compile(r.Match); err != nil {
		return "match", err
	}
	if r.Lookup != "" {
		u, err := url.Parse(strings.NewReplacer("{ip}", "192.0.2.1", "{domain}", "example.com").Replace(r.Lookup))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return "lookup", fmt.Errorf("%q is not an http or https link", r.Lookup)
		}
	}
	for _, s := range r.Stage {
		switch diag.Stage(s) {
		case diag.StageConnect, diag.StageHELO, diag.StageMail, diag.StageRcpt, diag.StageData, diag.StageEndOfData:
		default:
			return "stage", fmt.Errorf("%q is not a stage", s)
		}
	}
	return "", nil
}

// Bounds on what a rule may hold.
const (
	maxLiteral  = 200
	maxPattern  = 2000
	maxOwnRules = 1000
	maxOwnBytes = 1 << 20
)

// classes are the words of Rule.Names that stand for many lists.
var classes = map[string]bool{"ip-list": true, "domain-list": true, "closed-list": true}
