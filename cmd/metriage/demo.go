package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"metriage/diag/dnsq"
	"metriage/diag/sample"
	"metriage/diag/triage"
	"metriage/tui"
)

// manyMessages is from how many on writing them takes a while.
const manyMessages = 10_000

type demoCmd struct {
	Story    string `placeholder:"NAME" help:"The incident to play: ${stories}."`
	Messages int    `placeholder:"N" help:"How many messages the installation holds."`
	Seed     uint64 `default:"1" placeholder:"S" help:"Another seed gives another installation (${default})."`
	Theme    string `enum:"auto,dark,light,none" default:"auto" help:"Colours: auto, dark, light or none (${default})."`
	Write    string `placeholder:"DIR" help:"Only write the installation and DIR.truth.json, then exit."`
}

func (c *demoCmd) Run(ctx context.Context, p program, g *globals) error {
	loc, err := g.location()
	if err != nil {
		return err
	}
	if c.Messages < 0 || c.Messages > sample.MaxMessages {
		return usage("--messages %d is out of range; give a number up to %d", c.Messages, sample.MaxMessages)
	}
	o := sample.Options{Messages: c.Messages, Seed: c.Seed, Now: p.now(), Story: c.Story, Zone: loc}
	if !knownStory(c.Story) {
		return usage("--story %q is none; the stories are %s", c.Story, storyNames())
	}
	if c.Write != "" {
		return c.write(ctx, p, o)
	}
	return c.play(ctx, p, g, o)
}

// write leaves the tree and its truth file.
func (c *demoCmd) write(ctx context.Context, p program, o sample.Options) error {
	truth, err := sample.Write(ctx, c.Write, o)
	if err == nil {
		err = truth.WriteFile(c.Write)
	}
	if err != nil {
		return exitError{exitUsage, fmt.Errorf("the installation cannot be written to %s: %w", c.Write, err)}
	}
	fmt.Fprintf(p.out, "%s: %d messages; %s says what is in it\n", c.Write, truth.Totals.Messages, sample.TruthFile(c.Write))
	return nil
}

// play shows the dashboard on a temporary installation, with the demo's own
// servers as the only world it can reach.
func (c *demoCmd) play(ctx context.Context, p program, g *globals, o sample.Options) (err error) {
	dir, err := os.MkdirTemp("", "metriage-demo-")
	if err != nil {
		return exitError{exitUsage, fmt.Errorf("no temporary folder: %w", err)}
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil && err == nil {
			err = exitError{exitFound, fmt.Errorf("the demo's folder %s could not be removed: %w", dir, e)}
		}
	}()
	root := filepath.Join(dir, "Mail Enable")
	if c.Messages > manyMessages {
		fmt.Fprintf(p.err, "metriage: writing a sample installation of %d messages ...\n", c.Messages)
	}
	if _, err := sample.Write(ctx, root, o); err != nil {
		return exitError{exitUsage, fmt.Errorf("the sample installation: %w", err)}
	}
	scene, err := o.Scene()
	if err != nil {
		return exitError{exitUsage, err}
	}
	world, err := scene.Play()
	if err != nil {
		return exitError{exitUsage, fmt.Errorf("the demo's servers cannot start on loopback: %w", err)}
	}
	defer func() { err = errors.Join(err, world.Close()) }()

	g.Root = []string{root}
	dns := dnsq.New(dnsq.Options{Servers: []string{world.DNS()}, Now: p.now})
	s, err := p.quickSession(g, triage.Options{
		DNS: dns, Walker: walker(dns, world), Dial: world.Dial,
		Played: true, Target: world.Relay(), LocalDomains: scene.Domains, Domains: scene.Domains,
	})
	if err != nil {
		return err
	}
	errs := s.Locate()
	return p.dashboard(ctx, g, s, tui.Options{
		Title: "demo", RootErrors: errs, Theme: c.Theme, Commands: repairs(world, o, root, p.now),
		CopyDir: filepath.Join(dir, "copies"), ExportDir: filepath.Join(dir, "exports"),
		Until: "until the demo ends",
	})
}

// walker asks the demo's name server as the server of every zone.
func walker(c *dnsq.Client, w *sample.World) *dnsq.Walker {
	_, port, _ := net.SplitHostPort(w.DNS())
	n, _ := strconv.ParseUint(port, 10, 16)
	return dnsq.NewWalker(c, []string{w.DNS()}, uint16(n))
}

func knownStory(name string) bool {
	for _, s := range sample.Stories() {
		if s.Name == name {
			return true
		}
	}
	return false
}

func storyNames() string {
	var out []string
	for _, s := range sample.Stories() {
		if s.Name != "" {
			out = append(out, s.Name)
		}
	}
	if len(out) == 0 {
		return "none; leave it out"
	}
	return strings.Join(out, ", ")
}

// repairs are the demo's own commands that mend its world, as an admin and his
// providers would mend the real one. What was refused for that is delivered
// from then on: the demo's log says so.
func repairs(w *sample.World, o sample.Options, root string, now func() time.Time) []tui.Command {
	var out []tui.Command
	for _, r := range w.Repairs() {
		out = append(out, tui.Command{
			Name: "demo-repair " + r.ID, Help: "Demo only: " + r.Title,
			Run: func(context.Context) (string, error) {
				if err := w.Repair(r.ID); err != nil {
					return "", err
				}
				var done []string
				for _, x := range w.Repairs() {
					if w.Repaired(x.ID) {
						done = append(done, x.ID)
					}
				}
				domains, err := o.Recover(root, done, now())
				if err != nil {
					return "", err
				}
				text := "v verifies. Demo: " + r.Title
				if n := len(domains); n > 0 {
					text = fmt.Sprintf("%d domains take mail again, %s", n, text)
				}
				return text, nil
			},
		})
	}
	return out
}
