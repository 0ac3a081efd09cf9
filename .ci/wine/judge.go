package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Wine before version 9 does not know the kind of deletion that Go asks for, so
// temporary folders cannot be removed behind a test. A test that failed for
// nothing else has passed.
var (
	leftBehind = regexp.MustCompile(`^\s*testing\.go:\d+: TempDir RemoveAll cleanup: .*: Invalid function\.$`)
	failed     = regexp.MustCompile(`^(\s*)--- FAIL: (\S+)`)
	frame      = regexp.MustCompile(`^(FAIL|PASS|ok\s.*|exit status.*|coverage:.*)?$`)
)

// judge reads what a test binary printed (without -test.v) and reports whether
// anything failed beside the removal of folders. It prints what did.
func judge(in io.Reader, out io.Writer) bool {
	good, ended := true, false
	name := ""
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimRight(sc.Text(), "\r")
		if m := failed.FindStringSubmatch(line); m != nil {
			name = m[2]
			continue
		}
		ended = ended || line == "PASS" || line == "FAIL"
		if leftBehind.MatchString(line) || frame.MatchString(line) {
			continue
		}
		if name != "" {
			fmt.Fprintln(out, name)
			name = ""
		}
		fmt.Fprintln(out, line)
		good = false
	}
	if sc.Err() != nil || !ended {
		fmt.Fprintln(out, "the tests did not come to their end")
		return false
	}
	return good
}
