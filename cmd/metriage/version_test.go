package main

import (
	"runtime/debug"
	"testing"
)

// The commit is printed where the build knows it; where it does not, that is
// said.
func TestBuildFacts(t *testing.T) {
	const none = "not known: this was built outside a clone, or without git"
	for _, c := range []struct {
		settings []debug.BuildSetting
		ok       bool
		want     string
	}{
		{nil, false, none}, {nil, true, none}, {[]debug.BuildSetting{{Key: "CGO_ENABLED", Value: "0"}}, true, none},
		{[]debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}, true, "abc"},
	} {
		got := ""
		for _, f := range buildFacts(&debug.BuildInfo{Settings: c.settings}, c.ok) {
			if f[0] == "" || f[1] == "" {
				t.Errorf("%q", f)
			}
			if f[0] == "commit" {
				got += f[1]
			}
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.settings, got, c.want)
		}
	}
}
