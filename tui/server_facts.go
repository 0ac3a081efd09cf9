package tui

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// factsTab shows own addresses by provider, what changed before the refusals
// began, and what the settings say.
func factsTab(m *Model, w int) content {
	_, p, noun, ok := m.selectedAudit()
	if !ok {
		return m.noAudit()
	}
	out := append([]string{m.theme.strong.Render("Own address by provider: accepted / refused")}, m.matrixLines(noun.Matrix, w)...)
	if !noun.Onset.IsZero() {
		out = m.headed(out, "The day before refusals began, "+m.clock(noun.Onset))
		for _, c := range noun.Changes {
			out = append(out, indent("  "+fit(m.clock(c.At), 13, ""), strings.Repeat(" ", 15), m.safe(c.Text), w)...)
		}
		if len(noun.Changes) == 0 {
			out = append(out, "  Nothing stands out in the logs and settings.")
		}
		out = append(out, m.theme.faint.Render(fit("  Observed, not causes: it may be unrelated.", w, m.glyph.more)))
	}
	out = m.headed(out, "Settings")
	return content{lines: append(out, m.settingLines(p, w)...)}
}

// shut reports whether a provider accepted nothing from an own address since the
// onset. The others are many, of which one that refuses says nothing of the rest.
// A refusal before the answer to EHLO shows no address, so that the row of those
// tells it only where other mail of that row was accepted.
func shut(d diag.OwnDelivery) bool {
	return d.Provider != "" && !d.Onset.IsZero() && (d.Addr.IsValid() || d.Accepted > 0)
}

// matrixLines draws the matrix: a row for each own address, a column for each
// provider. "!" marks where nothing was accepted since the onset.
func (m *Model) matrixLines(list []diag.OwnDelivery, w int) []string {
	var addrs []netip.Addr
	var providers []string
	cells := map[string]diag.OwnDelivery{}
	for _, d := range list {
		if !slices.Contains(addrs, d.Addr) {
			addrs = append(addrs, d.Addr)
		}
		if !slices.Contains(providers, d.Provider) {
			providers = append(providers, d.Provider)
		}
		cells[d.Addr.String()+d.Provider] = d
	}
	if len(list) == 0 {
		return []string{"  The logs show no delivery."}
	}
	slices.SortStableFunc(providers, func(a, b string) int { return matrixRank(list, a) - matrixRank(list, b) })
	const name, cell = 15, 13
	// The providers come in groups that fit the width.
	per := max(1, (w-name)/cell)
	var out []string
	for len(providers) > 0 {
		part := providers[:min(per, len(providers))]
		providers = providers[len(part):]
		head := fit("", name, "")
		for _, id := range part {
			head += " " + fitRight(m.safe(providerName(id)), cell-1, m.glyph.more)
		}
		out = append(out, m.theme.faint.Render(fit(head, w, "")))
		for _, a := range addrs {
			who := "not shown"
			if a.IsValid() {
				who = a.String()
			}
			line := fit(who, name, m.glyph.more)
			for _, id := range part {
				line += m.matrixCell(cells[a.String()+id], cell)
			}
			out = append(out, fit(line, w, ""))
		}
	}
	for _, d := range list {
		if shut(d) {
			who := "mail whose own address no server showed"
			if d.Addr.IsValid() {
				who = d.Addr.String()
			}
			out = append(out, indent("! ", "  ", fmt.Sprintf("%s at %s: nothing accepted since %s.", who, m.safe(providerName(d.Provider)), m.clock(d.Onset)), w)...)
		}
	}
	return out
}

func (m *Model) matrixCell(d diag.OwnDelivery, w int) string {
	if d.Accepted+d.Refused+d.Deferred == 0 {
		return m.theme.faint.Render(fitRight("-", w, ""))
	}
	text := count(d.Accepted) + " / " + count(d.Refused)
	switch {
	case shut(d):
		return m.theme.fail.Render(fitRight("!"+text, w, ""))
	case d.Refused > d.Accepted:
		return m.theme.warn.Render(fitRight(text, w, ""))
	}
	return fitRight(text, w, "")
}

// matrixRank puts providers that refuse everything first and those that nobody
// knows last.
func matrixRank(list []diag.OwnDelivery, provider string) int {
	rank := 1
	for _, d := range list {
		if d.Provider == provider && shut(d) {
			rank = 0
		}
	}
	if provider == "" {
		rank = 2
	}
	return rank
}

func providerName(id string) string {
	if id == "" {
		return "others"
	}
	return cmp.Or(triage.Name(id), id)
}

// settingLines lists what the registry says, as it stands.
func (m *Model) settingLines(p triage.AuditPicture, w int) []string {
	var out []string
	row := func(name, value string) {
		if value != "" {
			out = append(out, indent("  "+m.theme.faint.Render(fit(name, 18, "")), strings.Repeat(" ", 20), m.safe(value), w)...)
		}
	}
	s := p.Settings
	if p.SettingsFrom == "" {
		out = append(out, wrapTo("None were found. On another machine than the server, put an export of the registry key (.reg) into the data folder or name it with --root.", w)...)
	}
	from := p.SettingsFrom
	if rel, err := filepath.Rel(p.Root, from); err == nil && filepath.IsLocal(rel) {
		from = rel
	}
	row("read from", from)
	row("version", s.Version)
	row("host name", s.HostName)
	row("local domain", s.LocalDomain)
	if s.OutboundBinding.IsValid() {
		row("outbound address", s.OutboundBinding.String())
	}
	for _, a := range s.DNS {
		row("name server", a.String())
	}
	row("smart host", s.SmartHost)
	row("kept in", s.Provider)
	if s.Database {
		out = append(out, wrapTo("  The configuration is kept in a database: what TAB files say may be out of date.", w)...)
	}
	if len(p.Local) > 0 {
		row("hosted here", strings.Join(p.Local, ", "))
	}
	if p.Lifetime > 0 {
		row("given up after", "~"+roundSpan(p.Lifetime.Round(time.Hour))+", as the logs show")
	}
	if len(s.Relay) > 0 {
		out = append(out, m.theme.faint.Render(fit("  Values about relaying and signing in, as they stand", w, m.glyph.more)))
		out = append(out, m.rawSettings(s.Relay, w)...)
	}
	for _, x := range p.Problems {
		out = append(out, indent("  ", "    ", m.theme.warn.Render("not read: ")+m.safe(x.Path+": "+x.What), w)...)
	}
	return out
}

// rawSettings lists values of the registry with what is known of them.
func (m *Model) rawSettings(list []triage.RawSetting, w int) []string {
	var out []string
	for _, x := range list {
		name := x.Name
		if x.Key != "" {
			name = x.Key + `\` + name
		}
		line := m.safe(name + " = " + x.Value)
		if x.Note != "" {
			line += m.theme.faint.Render("  " + m.safe(x.Note))
		}
		out = append(out, indent("  ", "    ", line, w)...)
	}
	return out
}
