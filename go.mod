module metriage

go 1.26

require (
	// Dashboard: github.com/charmbracelet/bubbletea, lipgloss and bubbles under their v2 module paths.
	charm.land/bubbletea/v2 v2.1.1
	charm.land/lipgloss/v2 v2.0.6
	charm.land/bubbles/v2 v2.2.1
	github.com/miekg/dns v1.1.73
	github.com/jhillyerd/enmime/v2 v2.3.0
	github.com/alecthomas/kong v1.17.0
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/BobuSumisu/aho-corasick v1.0.3
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
	golang.org/x/text v0.43.0
	golang.org/x/sync v0.24.0
	github.com/atotto/clipboard v0.1.4
)
