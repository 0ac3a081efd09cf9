package check

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// The lab is a set of real DNS, DNSBL and SMTP servers on loopback. METRIAGE_LAB
// names its directory; METRIAGE_LAB_FROM is set where this test runs itself on
// the lab's other host. Everything here also runs against the in-process
// servers, in the other tests of this package.
const (
	labDir  = "METRIAGE_LAB"
	labFrom = "METRIAGE_LAB_FROM"

	labResolver = "127.0.0.1:5300"
	labOutside  = "198.18.5.1" // the SMTP servers as seen from the other host
)

func needLab(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(labDir)
	if dir == "" {
		t.Skip("skipped: the lab's directory is not named in " + labDir)
	}
	c, err := net.DialTimeout("udp", labResolver, time.Second)
	if err != nil {
		t.Skipf("skipped: the lab is not up: %v", err)
	}
	c.Close()
	return dir
}

// labHome is where the lab keeps its logs.
func labHome() string {
	if h := os.Getenv("LAB_HOME"); h != "" {
		return h
	}
	return filepath.Join(os.TempDir(), "mail-lab")
}

// expectation is one line of the lab's expected.tsv.
type expectation struct {
	port              int
	check             string
	outside, loopback string
	why               string
}

// expected reads expected.tsv.
func expected(t *testing.T, dir string) []expectation {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []expectation
	s := bufio.NewScanner(f)
	for s.Scan() {
		c := strings.Split(s.Text(), "\t")
		port, err := strconv.Atoi(c[0])
		if err != nil || len(c) < 5 {
			continue
		}
		e := expectation{port: port, check: c[2], outside: c[3], loopback: c[4]}
		if len(c) > 5 {
			e.why = c[5]
		}
		out = append(out, e)
	}
	if len(out) < 25 {
		t.Fatalf("%d lines of expected.tsv", len(out))
	}
	return out
}

// fits reports whether a code is what a cell of expected.tsv allows: codes
// joined with "or", and "X with --all-cases, else Y".
func fits(cell, code string, all bool) bool {
	if a, b, ok := strings.Cut(cell, " with --all-cases, else "); ok {
		if cell = b; all {
			cell = a
		}
	}
	return slices.Contains(strings.Split(cell, " or "), code)
}

func labRunner(t *testing.T) *Runner {
	t.Helper()
	c := dnsq.New(dnsq.Options{Servers: []string{labResolver}})
	return runner(t, Options{DNS: c, Limits: Limits{Pace: 20 * time.Millisecond}})
}

func TestLabDNS(t *testing.T) {
	needLab(t)
	var req Request
	req.Words = []string{PTR}
	for _, c := range ptrCases {
		req.Target.IPs = append(req.Target.IPs, netip.MustParseAddr(c.ip))
	}
	begin := time.Now()
	run := labRunner(t).Run(t.Context(), req, nil)
	sound(t, run)
	for _, c := range ptrCases {
		if f := find1(t, run, PTR, c.ip, ""); f.Code != c.code {
			t.Errorf("%s: %s (%s), want %s", c.ip, f.Code, f.Summary, c.code)
		}
	}
	mark := unboundLines(t)
	run = labRunner(t).Run(t.Context(), dnsblRequest(), nil)
	// The resolver remembers for a while that nobody answers for a dead list, and
	// then says SERVFAIL.
	checkDNSBL(t, run, "dnsbl-timeout", "dnsbl-servfail")
	// The resolver's log: nothing is asked twice but where no answer came.
	asked := map[string]int{}
	for _, l := range unboundLines(t)[len(mark):] {
		if f := strings.Fields(l); len(f) >= 4 && strings.Contains(l, "rbl.test.") && !strings.Contains(l, "deadrbl") {
			asked[strings.Join(f[len(f)-3:], " ")]++
		}
	}
	for q, n := range asked {
		if n > 1 {
			t.Errorf("%s was asked %d times in one run", q, n)
		}
	}
	if len(asked) < 20 {
		t.Errorf("only %d questions are in the resolver's log", len(asked))
	}
	if d := time.Since(begin); d > 25*time.Second {
		t.Errorf("two runs took %s", d)
	}
}

func unboundLines(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(labHome(), "log", "unbound.log"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range strings.Split(string(b), "\n") {
		if strings.Contains(l, "info: 127.0.0.1 ") {
			out = append(out, l)
		}
	}
	return out
}

// labRelay runs the relay check against every relay server of expected.tsv.
func labRelay(t *testing.T, dir, host string, outside bool) {
	r := labRunner(t)
	for _, e := range expected(t, dir) {
		if e.check != Relay {
			continue
		}
		want := e.loopback
		if outside {
			want = e.outside
		}
		if want == "the same" {
			want = e.outside
		}
		for _, all := range []bool{false, true} {
			if all && e.port != 2529 {
				continue
			}
			run := r.Run(t.Context(), Request{Words: []string{Relay}, AllCases: all,
				Target: diag.Target{Relay: net.JoinHostPort(host, strconv.Itoa(e.port))}}, nil)
			sound(t, run)
			f := find1(t, run, Relay, "", "")
			if !fits(want, f.Code, all) {
				t.Errorf("port %d, all cases %v: %s (%s), want %s", e.port, all, f.Code, f.Summary, want)
			}
			if strings.Contains(e.why, "control A refused") && !strings.Contains(notesOf(f), "as well") {
				t.Errorf("port %d: nothing on control A in %q", e.port, f.Notes)
			}
		}
	}
}

func TestLabRelay(t *testing.T) {
	dir := needLab(t)
	mark := labMark(t)
	labRelay(t, dir, "127.0.0.1", false)
	mark.clean(t)
}

// labRemote runs the remote check against every remote server of expected.tsv,
// side by side because some of them make us wait.
func labRemote(t *testing.T, dir, host string, outside bool) {
	c := dnsq.New(dnsq.Options{Servers: []string{labResolver}})
	r := runner(t, Options{DNS: c, Classify: classifier(t)})
	var wg sync.WaitGroup
	for _, e := range expected(t, dir) {
		if e.check != Remote {
			continue
		}
		want := e.loopback
		if outside || want == "same" {
			want = e.outside
		}
		wg.Go(func() {
			begin := time.Now()
			run := r.Run(t.Context(), Request{Words: []string{Remote}, MX: net.JoinHostPort(host, strconv.Itoa(e.port)),
				From: "postmaster@example.test", Rcpt: "user@remote.test", Target: diag.Target{HELO: "mail.example.test"}}, nil)
			sound(t, run)
			f := find1(t, run, Remote, "", "")
			if !fits(want, f.Code, false) {
				t.Errorf("port %d: %s (%s), want %s", e.port, f.Code, f.Summary, want)
			}
			if d := time.Since(begin); d > 92*time.Second {
				t.Errorf("port %d took %s", e.port, d)
			}
			if strings.Contains(e.why, "needs --rcpt") {
				// Without a recipient the session ends after EHLO, and accepts.
				run = r.Run(t.Context(), Request{Words: []string{Remote}, MX: net.JoinHostPort(host, strconv.Itoa(e.port))}, nil)
				if f := find1(t, run, Remote, "", ""); f.Code != "remote-accepts" {
					t.Errorf("port %d without a recipient: %s (%s)", e.port, f.Code, f.Summary)
				}
			}
		})
	}
	wg.Wait()
}

func TestLabRemote(t *testing.T) {
	dir := needLab(t)
	mark := labMark(t)
	labRemote(t, dir, "127.0.0.1", false)
	mark.clean(t)
	// The names of the lab.
	r := runner(t, Options{DNS: dnsq.New(dnsq.Options{Servers: []string{labResolver}})})
	for domain, code := range map[string]string{"nullmx.remote.test": "remote-null-mx", "nothing.remote.test": "remote-no-domain", "example.test": "", "big.example.test": "remote-no-mx"} {
		if code == "" {
			continue // its MX is an address of nobody here
		}
		f := find1(t, r.Run(t.Context(), Request{Words: []string{Remote}, Target: diag.Target{Remote: domain}}, nil), Remote, "", "")
		if f.Code != code {
			t.Errorf("%s: %s (%s), want %s", domain, f.Code, f.Summary, code)
		}
	}
}

func TestLabMail(t *testing.T) {
	needLab(t)
	r := labRunner(t)
	run := r.Run(t.Context(), Request{Words: []string{SPF, DKIM, DMARC, Sender}, Selectors: []string{"sel1", "revoked", "nothing"},
		Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}, Domains: []string{"example.test", "spf2.example.test"}}}, nil)
	sound(t, run)
	for _, c := range []struct{ check, subject, code string }{
		{SPF, "example.test", "spf-pass"}, {SPF, "spf2.example.test", "spf-permerror"},
		{DKIM, "sel1._domainkey.example.test", "dkim-invalid"}, {DKIM, "revoked._domainkey.example.test", "dkim-invalid"},
		{DKIM, "nothing._domainkey.example.test", "dkim-missing"},
		{DMARC, "example.test", "dmarc-ok"}, {DMARC, "spf2.example.test", "dmarc-ok"},
		{Sender, "example.test", "sender-ok"}, {Sender, "spf2.example.test", "sender-no-mx"},
	} {
		if f := find1(t, run, c.check, c.subject, ""); f.Code != c.code {
			t.Errorf("%s %s: %s (%s), want %s", c.check, c.subject, f.Code, f.Summary, c.code)
		}
	}
	// A record that needs TCP, and one that goes in circles.
	c := dnsq.New(dnsq.Options{Servers: []string{labResolver}})
	if a := c.Ask(t.Context(), "big.example.test", 16); a.Outcome() != dnsq.Found || a.Transport != "tcp" || len(a.Texts()) != 7 {
		t.Errorf("big: %v over %s, %d texts", a.Outcome(), a.Transport, len(a.Texts()))
	}
	if a := c.Ask(t.Context(), "loopa.example.test", 1); a.Definite() && len(a.Addrs()) > 0 {
		t.Errorf("loopa: %v", a.Addrs())
	}
	if a := c.Ask(t.Context(), "o-o.myaddr.test", 16); echoed(a) != netip.MustParseAddr("198.51.100.10") {
		t.Errorf("echo: %v", a.Texts())
	}
}

// TestLabOutside runs TestLabInside on the lab's other host.
func TestLabOutside(t *testing.T) {
	dir := needLab(t)
	if os.Getenv(labFrom) != "" {
		t.Skip("skipped: this is the other host")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	mark := labMark(t)
	cmd := exec.Command(filepath.Join(dir, "lab"), "outside", self, "-test.run=^TestLabInside$", "-test.v")
	cmd.Env = append(os.Environ(), labFrom+"=outside")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestLabInside")) {
		t.Errorf("%v\n%s", err, out)
	}
	mark.clean(t)
}

// TestLabInside is what TestLabOutside runs there.
func TestLabInside(t *testing.T) {
	if os.Getenv(labFrom) != "outside" {
		t.Skip("skipped: TestLabOutside runs it on the lab's other host")
	}
	labRelay(t, os.Getenv(labDir), labOutside, true)
	labRemote(t, os.Getenv(labDir), labOutside, true)
}

// TestLabWine builds this package's tests for Windows and runs TestLabInWine.
func TestLabWine(t *testing.T) {
	dir := needLab(t)
	exe := filepath.Join(t.TempDir(), "check.test.exe")
	build := exec.Command("go", "test", "-c", "-o", exe, ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mark := labMark(t)
	cmd := exec.Command(filepath.Join(dir, "lab"), "wine", exe, "-test.run=^TestLabInWine$", "-test.v")
	cmd.Env = append(os.Environ(), labFrom+"=wine")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestLabInWine")) {
		t.Errorf("%v\n%s", err, out)
	}
	mark.clean(t)
}

// TestLabInWine is what TestLabWine runs under Wine.
func TestLabInWine(t *testing.T) {
	if os.Getenv(labFrom) != "wine" {
		t.Skip("skipped: TestLabWine runs it under Wine")
	}
	if servers, err := dnsq.SystemServers(); err != nil || len(servers) == 0 {
		t.Errorf("the adapters' DNS servers: %v, %v", servers, err)
	}
	run := labRunner(t).Run(t.Context(), Request{Words: []string{PTR, HELO, DNSBL, Relay, Remote}, MX: "127.0.0.1:2601", Target: diag.Target{
		HELO: "mail.example.test", IPs: []netip.Addr{netip.MustParseAddr("198.51.100.3"), netip.MustParseAddr("198.51.100.10")}, Relay: "127.0.0.1:2528"}}, nil)
	sound(t, run)
	for _, c := range []struct{ check, subject, list, code string }{
		{PTR, "198.51.100.3", "", "ptr-missing"}, {PTR, "198.51.100.10", "", "ptr-ok"}, {HELO, "", "", "helo-ok"},
		{DNSBL, "198.51.100.3", "zen", "dnsbl-listed"}, {DNSBL, "198.51.100.3", "good", "dnsbl-clear"},
		{DNSBL, "198.51.100.3", "world", "dnsbl-unhealthy"}, {Relay, "", "", "relay-forged-local"}, {Remote, "", "", "remote-rejects-connect"},
	} {
		if f := find1(t, run, c.check, c.subject, c.list); f.Code != c.code {
			t.Errorf("%s %s %s: %s (%s), want %s", c.check, c.subject, c.list, f.Code, f.Summary, c.code)
		}
	}
}

// labMarks are the ends of the SMTP servers' logs at some moment.
type labMarks struct {
	sessions int
	postfix  map[string]int
}

func labMark(t *testing.T) labMarks {
	t.Helper()
	m := labMarks{sessions: len(fakeSessions(t)), postfix: map[string]int{}}
	for _, p := range postfixLogs(t) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		m.postfix[p] = len(b)
	}
	return m
}

func postfixLogs(t *testing.T) []string {
	t.Helper()
	logs, err := filepath.Glob("/var/log/mail-lab-*.log")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs of the lab's Postfix: %v", err)
	}
	return logs
}

type fakeSession struct {
	Port int
	Cmds []string
}

func fakeSessions(t *testing.T) []fakeSession {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(labHome(), "log", "fakesmtp.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []fakeSession
	for l := range bytes.Lines(b) {
		var s fakeSession
		if json.Unmarshal(l, &s) == nil {
			out = append(out, s)
		}
	}
	return out
}

// clean fails where one of the verbs that no check may send was seen since.
func (m labMarks) clean(t *testing.T) {
	t.Helper()
	time.Sleep(300 * time.Millisecond) // the servers write their logs after the session
	for _, s := range fakeSessions(t)[m.sessions:] {
		for _, c := range s.Cmds {
			v, _, _ := strings.Cut(strings.ToUpper(c), " ")
			if slices.Contains([]string{"DATA", "BDAT", "AUTH", "VRFY", "EXPN"}, v) {
				t.Errorf("port %d saw %q", s.Port, c)
			}
		}
	}
	for _, p := range postfixLogs(t) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for l := range bytes.Lines(b[m.postfix[p]:]) {
			for _, v := range []string{"data=", "bdat=", "auth=", "vrfy=", "expn="} {
				if bytes.Contains(l, []byte("disconnect")) && bytes.Contains(l, []byte(v)) {
					t.Errorf("%s: %s", filepath.Base(p), bytes.TrimSpace(l))
				}
			}
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		cell, code string
		all, want  bool
	}{
		{"relay-open", "relay-open", false, true},
		{"relay-closed or relay-blocked", "relay-blocked", false, true},
		{"relay-catch-all with --all-cases, else relay-closed", "relay-catch-all", false, false},
		{"relay-catch-all with --all-cases, else relay-closed", "relay-catch-all", true, true},
		{"relay-catch-all with --all-cases, else relay-closed", "relay-closed", false, true},
	} {
		if fits(c.cell, c.code, c.all) != c.want {
			t.Errorf("%+v", c)
		}
	}
}
