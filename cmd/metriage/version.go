package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// version is set by the linker of a release build.
var version = "dev"

type versionCmd struct{}

func (versionCmd) Run(p program) error {
	fmt.Fprintf(p.out, "metriage %s\n", version)
	fmt.Fprintf(p.out, "go      %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, f := range buildFacts(debug.ReadBuildInfo()) {
		fmt.Fprintf(p.out, "%-7s %s\n", f[0], f[1])
	}
	return nil
}

// buildFacts are the facts of a build by their short names. A program without
// a commit says so: it was built outside a clone, or without git.
func buildFacts(i *debug.BuildInfo, ok bool) (facts [][2]string) {
	commit := false
	if ok {
		for _, s := range i.Settings {
			if short := shortKey[s.Key]; short != "" {
				facts = append(facts, [2]string{short, s.Value})
				commit = commit || s.Key == "vcs.revision"
			}
		}
	}
	if !commit {
		facts = append(facts, [2]string{"commit", "not known: this was built outside a clone, or without git"})
	}
	return facts
}

var shortKey = map[string]string{"vcs.revision": "commit", "vcs.time": "date", "vcs.modified": "dirty", "CGO_ENABLED": "cgo"}

// buildID tells this program from other builds of it: what was read with
// another one may have been understood otherwise.
func buildID() string {
	id := version + " " + runtime.Version()
	if i, ok := debug.ReadBuildInfo(); ok {
		for _, s := range i.Settings {
			if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
				id += " " + s.Value
			}
		}
	}
	if exe, err := os.Executable(); err == nil {
		if f, err := os.Stat(exe); err == nil {
			id += fmt.Sprintf(" %d %d", f.Size(), f.ModTime().UnixNano())
		}
	}
	return id
}
