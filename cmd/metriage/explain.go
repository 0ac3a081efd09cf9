package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/report"
	"metriage/diag/triage"
)

type explainCmd struct {
	Files  []string `arg:"" optional:"" name:"file" help:"Bounces or replies; - or nothing: standard input."`
	Lines  bool     `help:"Every line of the input is one reply."`
	Format string   `enum:"text,json" default:"text" help:"text or json, one object a line (${default})."`
}

func (c *explainCmd) Run(ctx context.Context, p program, g *globals) error {
	style, err := g.style(p)
	if err != nil {
		return err
	}
	s, err := p.session(g, triage.Options{})
	if err != nil {
		return err
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	w := bufio.NewWriter(p.out)
	x := explainer{cmd: c, s: s, style: style, w: w}
	unread := false
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			break
		}
		if err := x.input(p, f); err != nil {
			unread = true
			p.complain(err)
		}
	}
	if err := w.Flush(); err != nil {
		return exitError{exitUsage, err}
	}
	switch {
	case unread:
		return exit(exitUsage)
	case x.failed:
		return exit(exitFound)
	}
	return nil
}

type explainer struct {
	cmd    *explainCmd
	s      *triage.Session
	style  report.Style
	w      *bufio.Writer
	failed bool
	n      int
}

// input explains one file, whole or by lines.
func (x *explainer) input(p program, name string) error {
	var r io.Reader = p.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return readError(name, err)
		}
		defer f.Close()
		if i, err := f.Stat(); err == nil && i.IsDir() {
			return fmt.Errorf("%s is a folder; name files, or use metriage report --root for an installation", name)
		}
		r = f
	}
	if x.cmd.Lines {
		return x.lines(name, r)
	}
	b, err := io.ReadAll(io.LimitReader(r, mailenable.MaxBounce+1))
	if err != nil {
		return readError(name, err)
	}
	if len(b) > 0 && errors.Is(mailenable.CheckText(b), mailenable.ErrBinary) {
		return fmt.Errorf("%s is binary, not a mail; give the bounce as text", name)
	}
	return x.print(x.s.Explain(name, b))
}

func readError(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file", name)
	}
	return fmt.Errorf("%s cannot be read: %s", name, mailenable.Why(err))
}

// lines explains every line; a line over the limit is cut, so that the number
// of objects is that of the lines.
func (x *explainer) lines(name string, r io.Reader) error {
	br := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		line, more, err := readLine(br)
		if err != nil && len(line) == 0 {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return readError(name, err)
		}
		e := x.s.ExplainLine(fmt.Sprintf("%s:%d", name, n), line)
		e.Truncated = e.Truncated || more
		if err := x.print(e); err != nil {
			return err
		}
	}
}

// readLine reads up to the end of the line and keeps at most one byte more
// than the limit of it.
func readLine(br *bufio.Reader) (line []byte, more bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if room := triage.MaxLine + 1 - len(line); len(part) > room {
			line, more = append(line, part[:max(room, 0)]...), true
		} else {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
			if n > 1 && line[n-2] == '\r' {
				line = line[:n-2]
			}
			return append(line, 0)[:len(line)], more, nil
		}
		return line, more, err
	}
}

func (x *explainer) print(e diag.Explanation) error {
	x.failed = x.failed || e.Failed()
	if x.cmd.Format == "json" {
		return report.ExplainJSON(x.w, e, x.style)
	}
	if x.n > 0 {
		_ = x.w.WriteByte('\n')
	}
	x.n++
	return report.ExplainText(x.w, e, x.style)
}
