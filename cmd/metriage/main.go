// Command metriage is a terminal dashboard for administrators of the MailEnable
// mail server: it starts from the bounces, queues and logs on disk, proves the
// cause live and walks through the fix.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // --timezone works on machines without a zone database

	"github.com/alecthomas/kong"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/triage"
)

// Exit codes. The commands document theirs in their help.
const (
	exitOK      = 0
	exitFound   = 1
	exitUsage   = 2
	exitUnknown = 3
)

func main() { os.Exit(thisMachine().untilSignal(os.Args[1:])) }

// thisMachine is the program with all that is real.
func thisMachine() program {
	return program{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, now: time.Now,
		machine: mailenable.Machine{
			FS: mailenable.Disk{}, Registry: mailenable.MachineRegistry(), Getenv: os.Getenv, Windows: runtime.GOOS == "windows",
		},
	}
}

// untilSignal runs a command line, which an interrupt, the end of the system or
// a lost connection ends in order. It returns the exit code.
func (p program) untilSignal(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return p.run(ctx, args)
}

// program is everything outside that the commands use, so that a test can
// stand in for it.
type program struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	getenv  func(string) string
	now     func() time.Time
	machine mailenable.Machine
}

// exitError ends a command with a code, after its message if it has one.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// exit ends a command with code and no message.
func exit(code int) error {
	if code == exitOK {
		return nil
	}
	return exitError{code: code}
}

// usage ends a command because of what was typed.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// halt is how kong's help ends the parsing.
type halt int

func (p program) run(ctx context.Context, args []string) (code int) {
	defer func() {
		switch h := recover().(type) {
		case nil:
		case halt:
			code = int(h)
		default:
			panic(h)
		}
	}()
	var cli cli
	config := &configFile{}
	parser, err := p.parser(&cli, config)
	if err != nil {
		p.complain(err)
		return exitUsage
	}
	if err := config.load(args, p.getenv); err != nil {
		p.complain(err)
		return exitUsage
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		p.complain(fmt.Errorf("%w; metriage --help shows what there is", err))
		return exitUsage
	}
	cli.config = config
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(p, &cli.globals)
	var e exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		if e.err != nil {
			p.complain(e.err)
		}
		return e.code
	}
	p.complain(err)
	return exitFound
}

// parser reads command lines into c.
func (p program) parser(c *cli, config *configFile) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("metriage"),
		kong.Description("Finds out why remote servers refuse the mail of a MailEnable server, proves the cause and walks through the fix."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { panic(halt(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 78}),
		kong.Vars{
			"config":  "metriage.toml beside the program, else in the user's configuration folder",
			"stories": storyNames(),
			"words":   strings.Join(triage.CheckWords(), ", "),
		},
		kong.Resolvers(config),
	)
}

// complain writes one sentence to standard error.
func (p program) complain(err error) {
	fmt.Fprintf(p.err, "metriage: %s\n", diag.Clean(err.Error()))
}
