package tui

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"metriage/diag"
)

// consoles are the 16 colours as terminals show them, sRGB: what admins of
// Windows servers see. Background and plain text are what each starts with.
var consoles = []struct {
	name     string
	dark     bool
	back, fg uint32
	colour   [16]uint32
}{
	{"Windows Terminal and conhost since 1709, Campbell", true, 0x0C0C0C, 0xCCCCCC, [16]uint32{
		0x0C0C0C, 0xC50F1F, 0x13A10E, 0xC19C00, 0x0037DA, 0x881798, 0x3A96DD, 0xCCCCCC,
		0x767676, 0xE74856, 0x16C60C, 0xF9F1A5, 0x3B78FF, 0xB4009E, 0x61D6D6, 0xF2F2F2}},
	{"conhost of Server 2016", true, 0x000000, 0xC0C0C0, [16]uint32{
		0x000000, 0x800000, 0x008000, 0x808000, 0x000080, 0x800080, 0x008080, 0xC0C0C0,
		0x808080, 0xFF0000, 0x00FF00, 0xFFFF00, 0x0000FF, 0xFF00FF, 0x00FFFF, 0xFFFFFF}},
	{"xterm", true, 0x000000, 0xE5E5E5, [16]uint32{
		0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
		0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF}},
	{"Windows Terminal, One Half Light", false, 0xFAFAFA, 0x383A42, [16]uint32{
		0x383A42, 0xE45649, 0x50A14F, 0xC18301, 0x0184BC, 0xA626A4, 0x0997B3, 0xFAFAFA,
		0x4F525D, 0xDF6C75, 0x98C379, 0xE4C07A, 0x61AFEF, 0xC577DD, 0x56B5C1, 0xFFFFFF}},
	{"xterm on white", false, 0xFFFFFF, 0x000000, [16]uint32{
		0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
		0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF}},
}

// sights are full colour-vision deficiencies as matrices on linear RGB
// (Machado, Oliveira and Fernandes 2009, severity 1.0).
var sights = []struct {
	name string
	m    [9]float64
}{
	{"full", [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}},
	{"protanopia", [9]float64{0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998}},
	{"deuteranopia", [9]float64{0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881}},
	{"tritanopia", [9]float64{1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900}},
}

type linear [3]float64

func linearOf(rgb uint32) (out linear) {
	for i := range out {
		v := float64(rgb>>(16-8*i)&0xFF) / 255
		if v <= 0.04045 {
			out[i] = v / 12.92
		} else {
			out[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return out
}

func (c linear) seen(m [9]float64) (out linear) {
	for i := range out {
		out[i] = max(0, min(1, m[3*i]*c[0]+m[3*i+1]*c[1]+m[3*i+2]*c[2]))
	}
	return out
}

func (c linear) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// contrast is the ratio of WCAG 2.
func contrast(a, b linear) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// apart is the distance in OKLab, where 0.02 is just seen and black and white
// are 1 apart.
func apart(a, b linear) float64 {
	x, y := a.lab(), b.lab()
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
}

func (c linear) lab() [3]float64 {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// The words of every status can be read on each console, and pass and fail are
// told apart, with every kind of colour vision. The words stand beside them
// anyway.
func TestThemesWithColourVisionDeficiencies(t *testing.T) {
	const least, between = 2.5, 0.08
	for _, con := range consoles {
		th := newTheme(ThemeAuto, con.dark)
		of := func(s style) uint32 {
			switch c := s.GetForeground().(type) {
			case lipgloss.NoColor:
				return con.fg
			case color.Color:
				for n := range con.colour {
					if c == color.Color(lipgloss.ANSIColor(uint8(n))) {
						return con.colour[n]
					}
				}
			}
			t.Fatalf("%v is none of the 16 colours", s.GetForeground())
			return 0
		}
		roles := []struct {
			name  string
			style style
		}{
			{"pass", th.status(diag.StatusPass)}, {"warn", th.status(diag.StatusWarn)}, {"fail", th.status(diag.StatusFail)},
			{"unknown", th.status(diag.StatusUnknown)}, {"skip", th.status(diag.StatusSkipped)},
			{"title", th.title}, {"accent", th.accent}, {"faint", th.faint},
		}
		for _, sight := range sights {
			see := func(rgb uint32) linear { return linearOf(rgb).seen(sight.m) }
			at := fmt.Sprintf("%s, %s", con.name, sight.name)
			for _, r := range roles {
				if got := contrast(see(of(r.style)), see(con.back)); got < least {
					t.Errorf("%s: %s has a contrast of %.2f, least is %v", at, r.name, got, least)
				}
			}
			for _, pair := range [][2]diag.Status{{diag.StatusPass, diag.StatusFail}, {diag.StatusWarn, diag.StatusFail}, {diag.StatusUnknown, diag.StatusFail}} {
				a, b := th.status(pair[0]), th.status(pair[1])
				if got := apart(see(of(a)), see(of(b))); got < between {
					t.Errorf("%s: %s and %s are %.3f apart, least is %v", at, pair[0], pair[1], got, between)
				}
			}
		}
		if got := contrast(linearOf(con.colour[15]), linearOf(con.colour[4])); got < 3 {
			t.Errorf("%s: the selected row has a contrast of %.2f", con.name, got)
		}
	}
	none := newTheme(ThemeNone, true)
	for _, s := range []diag.Status{diag.StatusPass, diag.StatusWarn, diag.StatusFail, diag.StatusUnknown, diag.StatusSkipped} {
		if _, ok := none.status(s).GetForeground().(lipgloss.NoColor); !ok {
			t.Errorf("without colours %s has one", s)
		}
	}
}

// A style of the screen puts around a line what lipgloss puts there.
func TestStyleIsLipgloss(t *testing.T) {
	for _, name := range themeNames {
		th := newTheme(name, true)
		for i, s := range []style{th.plain, th.strong, th.faint, th.title, th.accent, th.cursor, th.cursorIdle, th.pass, th.warn, th.fail, th.unknown, th.skip, th.tab, th.tabOn, th.key, th.rule} {
			for _, line := range []string{" ", "two words", "  blanks around  ", "│ … 日本"} {
				if got, want := s.Render(line), s.Style.Render(line); got != want {
					t.Errorf("%s %d: %q, want %q", name, i, got, want)
				}
			}
		}
	}
}

// The terminal is asked for its background where that chooses the colours, and
// its answer does; a theme that was chosen stays.
func TestThemeFollowsTheTerminal(t *testing.T) {
	light := tea.BackgroundColorMsg{Color: color.White}
	s := newStage(t, setup{w: 80, h: 24, opt: Options{AskBackground: true}})
	pass := s.m.theme.pass.open
	s.send(light)
	if got := s.m.theme.pass.open; got == pass || got != newTheme(ThemeLight, true).pass.open {
		t.Errorf("a light terminal is drawn with %q", got)
	}
	s.command("theme dark")
	s.send(light)
	if s.m.theme.pass.open != pass {
		t.Error("the chosen theme gave way")
	}
	s.command("theme auto")
	if s.m.theme.pass.open == pass {
		t.Error("the answer of the terminal is forgotten")
	}
	for _, o := range []Options{{AskBackground: true}, {AskBackground: true, Theme: ThemeDark}, {}} {
		m := New(t.Context(), s.m.sess, o)
		if asks := m.askBackground() != nil; asks != (o.AskBackground && o.Theme == "") {
			t.Errorf("%+v: asks %v", o, asks)
		}
	}
}
