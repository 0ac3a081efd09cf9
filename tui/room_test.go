package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// inWeather is the place of the view that this test makes up.
const inWeather place = 1 << 7

// weatherSection is a whole view as one file would add it: a list, a tab and,
// by a key, a dialog.
func weatherSection() section {
	towns := []string{"Calm", "Gale"}
	return section{
		id: "weather", title: "Weather", place: inWeather,
		levels: []level{{
			one: "town", many: "towns",
			columns: []column{{title: "TOWN", width: 8, grow: 1, text: func(_ *Model, row any) string { return row.(string) }, less: func(a, b any) int {
				return strings.Compare(a.(string), b.(string))
			}}},
			load:  func(*data, string) []int32 { return []int32{0, 1} },
			key:   func(_ *data, n int32) string { return towns[n] },
			row:   func(_ *data, n int32) any { return towns[n] },
			field: func(row any, name string) (string, bool) { return row.(string), name == "town" },
			empty: func(*Model) string { return "No towns." },
			name:  func(row any) string { return row.(string) },
		}},
		tabs: []tab{{title: "Forecast", build: func(m *Model, _ int) content {
			r, ok := m.selectedRow(0)
			if !ok {
				return content{}
			}
			return content{lines: []string{"Tomorrow in " + r.(string) + ": rain"}}
		}}},
	}
}

// A further view, tab and dialog need one file and one line in each table: the
// views and the keys. View bar, palette, help, filter, sort and README follow.
func TestRoomForMore(t *testing.T) {
	views = append(slices.Clone(views), weatherSection)
	blown := 0
	keyTable = append(bindings(), binding{
		keys: []string{"W"}, show: "W", name: "blow", help: "Let the wind blow", where: anywhere, only: inWeather, foot: 6, why: nothingSelected,
		do: func(m *Model) tea.Cmd {
			return m.open(&confirm{head: "Wind", text: []string{"Blow?"}, answers: []answer{
				{text: "No, stay calm"}, {text: "Yes, blow", yes: true, do: func(*Model) tea.Cmd { blown++; return nil }},
			}})
		},
	})
	t.Cleanup(func() { views = views[:len(views)-1]; keyTable = bindings() })

	s := newStage(t, setup{w: 80, h: 24})
	s.press("W")
	s.has("W does nothing here")
	s.press("[")
	s.has("Failures Queue Server [Weather]", "> Calm", "[1 Forecast]", "Tomorrow in Calm: rain", "W blow")
	s.press("/")
	s.typed("town:gale")
	s.press("enter")
	s.has("> Gale", "Tomorrow in Gale: rain", "1 of 1 (2 in all)")
	s.press("esc", "s", "S", "g")
	s.has("> Gale", "Sorted by TOWN")
	s.press("?")
	s.has("Keys in the list of Weather")
	s.press("/")
	s.typed("wind")
	s.has("W        Let the wind blow")
	s.press("esc", "esc", ":")
	s.typed("weather")
	s.has("Go to the Weather view")
	s.press("esc", ":")
	s.typed("blow")
	s.press("enter")
	s.has("> No, stay calm")
	s.press("enter")
	if blown != 0 {
		t.Error("the default answer did something")
	}
	s.press("W", "y")
	if blown != 1 {
		t.Errorf("yes ran %d times", blown)
	}
	if rows := KeyTable(); !slices.Contains(rows, [2]string{"W", "Let the wind blow"}) ||
		!slices.ContainsFunc(rows, func(r [2]string) bool { return r[1] == "Other view: Failures, Queue, Server, Weather" }) {
		t.Errorf("the README's table does not have it: %v", rows)
	}
}
