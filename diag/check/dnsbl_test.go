package check

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"metriage/diag"
	"metriage/diag/sample"
)

// dnsblCases are subjects and lists of the lab and the code that each deserves.
var dnsblCases = []struct {
	subject, list, code string
	status              diag.Status
	codes               string
}{
	{"198.51.100.2", "zen", "dnsbl-listed", diag.StatusFail, "127.0.0.2 SBL"},
	{"198.51.100.3", "zen", "dnsbl-listed", diag.StatusFail, "127.0.0.3 CSS"},
	{"198.51.100.4", "zen", "dnsbl-listed", diag.StatusFail, "127.0.0.4 XBL"},
	{"198.51.100.10", "zen", "dnsbl-listed", diag.StatusFail, "127.0.0.10 PBL"},
	{"198.51.100.50", "zen", "dnsbl-listed", diag.StatusFail, "127.0.0.2 SBL 127.0.0.4 XBL"},
	{"198.51.100.11", "zen", "dnsbl-clear", diag.StatusPass, ""},
	{"198.51.100.66", "good", "dnsbl-listed", diag.StatusWarn, "127.0.0.2 listed"},
	{"198.51.100.11", "good", "dnsbl-clear", diag.StatusPass, ""},
	{"198.51.100.11", "blocked", "dnsbl-refused", diag.StatusUnknown, ""},
	{"198.51.100.11", "overlimit", "dnsbl-refused", diag.StatusUnknown, ""},
	{"198.51.100.11", "world", "dnsbl-unhealthy", diag.StatusUnknown, ""},
	{"198.51.100.11", "empty", "dnsbl-unhealthy", diag.StatusUnknown, ""},
	{"198.51.100.11", "parked", "dnsbl-unhealthy", diag.StatusUnknown, ""},
	{"198.51.100.11", "refused", "dnsbl-refused", diag.StatusUnknown, ""},
	{"198.51.100.11", "servfail", "dnsbl-servfail", diag.StatusUnknown, ""},
	{"198.51.100.11", "dead", "dnsbl-timeout", diag.StatusUnknown, ""},
	{"2001:db8:bad::1", "v6", "dnsbl-listed", diag.StatusWarn, "127.0.0.2 listed"},
	{"2001:db8::25", "v6", "dnsbl-clear", diag.StatusPass, ""},
	{"bad.example", "dbl", "dnsbl-listed", diag.StatusFail, "127.0.1.2 low reputation"},
	{"example.test", "dbl", "dnsbl-clear", diag.StatusPass, ""},
}

// dnsblRequest asks for every subject of dnsblCases.
func dnsblRequest() Request {
	req := Request{Words: []string{DNSBL}}
	for _, c := range dnsblCases {
		if a, err := netip.ParseAddr(c.subject); err == nil {
			req.Target.IPs = append(req.Target.IPs, a)
		} else {
			req.Target.Domains = append(req.Target.Domains, c.subject)
		}
	}
	return req
}

// checkDNSBL compares a run of dnsblRequest; dead are the codes that fit a list
// that does not answer.
func checkDNSBL(t *testing.T, run diag.Run, dead ...string) {
	t.Helper()
	sound(t, run)
	for _, c := range dnsblCases {
		f := find1(t, run, DNSBL, c.subject, c.list)
		if c.list == "dead" && slices.Contains(dead, f.Code) {
			continue
		}
		if f.Code != c.code || f.Status != c.status || strings.Join(f.Codes, " ") != c.codes {
			t.Errorf("%s on %s: %s %s %q (%s), want %s %s %q", c.subject, c.list, f.Status, f.Code, f.Codes, f.Summary, c.status, c.code, c.codes)
		}
		if len(f.Evidence) < 3 || f.Critical != (c.list == "zen" || c.list == "dbl") {
			t.Errorf("%s on %s: %d pieces of evidence, critical %v", c.subject, c.list, len(f.Evidence), f.Critical)
		}
		if c.code == "dnsbl-listed" && !strings.Contains(notesOf(f), "The list says: ") {
			t.Errorf("%s on %s: the list's own text is missing: %s", c.subject, c.list, notesOf(f))
		}
	}
}

func TestDNSBL(t *testing.T) {
	d := labDNS(t)
	run := runner(t, Options{}, d.Addr()).Run(t.Context(), dnsblRequest(), nil)
	checkDNSBL(t, run)
	if f := find1(t, run, DNSBL, "198.51.100.3", "zen"); f.LookupURL != "https://check.rbl.test/query/ip/198.51.100.3" {
		t.Errorf("lookup page %q", f.LookupURL)
	}
	want := "7 of 10 lists could not be checked for 198.51.100.11: blocked (refused), dead (timeout), empty (unhealthy), overlimit (refused), parked (unhealthy), refused (refused), servfail (servfail) and world (unhealthy)."
	want = strings.Replace(want, "7 of 10", "8 of 10", 1)
	if !slices.Contains(run.Notes, want) {
		t.Errorf("no %q in %q", want, run.Notes)
	}
	if !slices.Contains(run.Notes, "All 1 list answered for 2001:db8::25.") {
		t.Errorf("notes %q", run.Notes)
	}
}

// One run asks each list for an address at most A, the two test entries, and
// TXT on a hit.
func TestDNSBLAsksLittle(t *testing.T) {
	d := labDNS(t)
	run := runner(t, Options{}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL}, Target: diag.Target{
		IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}}}, nil)
	if len(run.Findings) != 10+1 { // the domain of the reverse name is asked of dbl
		t.Fatalf("%d findings", len(run.Findings))
	}
	seen := map[string]int{}
	for _, q := range d.Queries() {
		if strings.HasSuffix(q.Name, "rbl.test.") || strings.HasSuffix(q.Name, "refused.test.") || strings.HasSuffix(q.Name, "servfail.test.") {
			seen[q.Type+" "+q.Name]++
		}
	}
	for q, n := range seen {
		if n > 1 && !strings.Contains(q, "deadrbl") {
			t.Errorf("%s was asked %d times", q, n)
		}
	}
	byList := map[string]int{}
	for q := range seen {
		_, zone, _ := strings.Cut(strings.Replace(q, ".rbl.test.", "/", 1), " ")
		labels := strings.Split(strings.TrimSuffix(zone, "/"), ".")
		byList[labels[len(labels)-1]]++
	}
	if byList["zen"] != 4 || byList["good"] != 3 {
		t.Errorf("zen was asked %d questions (want 4), good %d (want 3)", byList["zen"], byList["good"])
	}
	if n := seen["TXT 10.100.51.198.zen.rbl.test."]; n != 1 {
		t.Errorf("TXT on the hit was asked %d times", n)
	}
}

func TestListSelection(t *testing.T) {
	file := `only = true
[[list]]
id = "on"
zone = "on.test"
[[list]]
id = "off"
zone = "off.test"
default = false
[[list]]
id = "gone"
zone = "gone.test"
closed = "2024-06-05"
[[list]]
id = "later"
zone = "later.test"
closed = "2126"
[[list]]
id = "paid"
zone = "{key}.paid.test"
key = "paid"
default = false
[[list]]
id = "on"
zone = "{key}.on.test"
key = "onkey"
default = false
`
	d := labDNS(t)
	for _, z := range []string{"on.test", "off.test", "later.test", "secret.paid.test", "mine.on.test"} {
		d.List(z, sample.ListHealthy, nil)
	}
	for _, c := range []struct {
		name  string
		keys  map[string]string
		named []string
		want  string // list and code in the order asked for
	}{
		{"by default", nil, nil, "later:dnsbl-clear on:dnsbl-clear"},
		{"named by id", nil, []string{"off"}, "later:dnsbl-clear off:dnsbl-clear on:dnsbl-clear"},
		{"named by zone", nil, []string{"OFF.test."}, "later:dnsbl-clear off:dnsbl-clear on:dnsbl-clear"},
		{"closed and named", nil, []string{"gone"}, "gone:dnsbl-skipped later:dnsbl-clear on:dnsbl-clear"},
		{"named without its key", nil, []string{"paid"}, "later:dnsbl-clear on:dnsbl-clear paid:dnsbl-needs-key"},
		{"with its key", map[string]string{"paid": "secret"}, nil, "later:dnsbl-clear on:dnsbl-clear paid:dnsbl-clear"},
		{"the keyed one replaces", map[string]string{"onkey": "mine"}, nil, "later:dnsbl-clear on:dnsbl-clear"},
		{"also where named", map[string]string{"onkey": "mine"}, []string{"on"}, "later:dnsbl-clear on:dnsbl-clear"},
	} {
		d.Forget()
		run := runner(t, Options{Lists: lists(t, file), Keys: c.keys}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL},
			NamedLists: c.named, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}}, nil)
		sound(t, run)
		var got []string
		for _, f := range run.Findings {
			got = append(got, f.List+":"+f.Code)
			for _, e := range f.Evidence {
				if strings.Contains(e.Query, "secret") || strings.Contains(e.Query, "mine") {
					t.Errorf("%s: the key is shown in %q", c.name, e.Query)
				}
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
		for _, q := range d.Queries() {
			if strings.Contains(q.Name, "gone.test") {
				t.Errorf("%s: a closed list was asked: %v", c.name, q)
			}
			if c.keys["onkey"] != "" && strings.HasSuffix(q.Name, "on.test.") && !strings.HasSuffix(q.Name, "mine.on.test.") {
				t.Errorf("%s: the list without a key was asked: %v", c.name, q)
			}
		}
	}
}

func TestListAnswers(t *testing.T) {
	const file = `only = true
[[list]]
id = "x"
zone = "x.test"
listed = { "127.0.0.2" = "bad" }
neutral = { "127.0.0.5" = "good" }
`
	for _, c := range []struct {
		name string
		file string
		kind sample.ListKind
		more map[string][]string
		code string
		word string // in summary, codes or notes
	}{
		{"undocumented", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.77"}}, "dnsbl-invalid-answer", "127.0.0.77"},
		{"outside 127/8", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"203.0.113.1"}}, "dnsbl-invalid-answer", "203.0.113.1"},
		{"127.0.0.1", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.1"}}, "dnsbl-invalid-answer", "127.0.0.1"},
		{"documented and not", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.77", "127.0.0.2"}}, "dnsbl-listed", "127.0.0.77"},
		{"neutral", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.5"}}, "dnsbl-clear", "127.0.0.5 good"},
		{"error beside a listing", file, sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.2", "127.255.255.254"}}, "dnsbl-refused", ""},
		{"error on the test point", file, sample.ListHealthy, map[string][]string{"127.0.0.2": {"127.255.255.255"}}, "dnsbl-refused", ""},
		{"positive without a test point", file, sample.ListEmpty, map[string][]string{"198.51.100.99": {"127.0.0.2"}}, "dnsbl-listed", "test entry did not answer"},
		{"positive, but lists the world", file, sample.ListEmpty, map[string][]string{"198.51.100.99": {"127.0.0.2"}, "127.0.0.1": {"127.0.0.2"}}, "dnsbl-unhealthy", ""},
		{"positive, test point outside", file, sample.ListEmpty, map[string][]string{"198.51.100.99": {"127.0.0.2"}, "127.0.0.2": {"192.0.2.9"}}, "dnsbl-unhealthy", "192.0.2.9"},
		{"no test point by design", file + "test = \"none\"\n", sample.ListEmpty, nil, "dnsbl-unhealthy", "no test entry"},
		{"no negative test point by design", file + "test_not = \"none\"\n", sample.ListHealthy, nil, "dnsbl-clear", ""},
		{"wildcard without a negative test point", file + "test_not = \"none\"\n", sample.ListWorld, nil, "dnsbl-unhealthy", ""},
		{"other test points", file + "test = \"127.0.0.9\"\ntest_not = \"127.0.0.8\"\n", sample.ListEmpty, map[string][]string{"127.0.0.9": {"127.0.0.2"}}, "dnsbl-clear", ""},
		{"bits", "only = true\n[[list]]\nid=\"x\"\nzone=\"x.test\"\nbits={4=\"DM\",8=\"PH\"}\n", sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.12"}}, "dnsbl-listed", "127.0.0.12 DM, PH"},
		{"a bit too many", "only = true\n[[list]]\nid=\"x\"\nzone=\"x.test\"\nbits={4=\"DM\",8=\"PH\"}\n", sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.20"}}, "dnsbl-invalid-answer", ""},
		{"codes left out", "only = true\n[[list]]\nid=\"x\"\nzone=\"x.test\"\n", sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.4.77"}}, "dnsbl-listed", "127.0.4.77 listed"},
		{"codes left out, 127.0.0.1", "only = true\n[[list]]\nid=\"x\"\nzone=\"x.test\"\n", sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.1"}}, "dnsbl-invalid-answer", ""},
		{"a good sender", file + "kind = \"allow\"\n", sample.ListHealthy, map[string][]string{"198.51.100.99": {"127.0.0.2"}}, "dnsbl-clear", "good sender"},
		{"not a good sender", file + "kind = \"allow\"\n", sample.ListHealthy, nil, "dnsbl-clear", "no fault"},
	} {
		d := labDNS(t)
		d.List("x.test", c.kind, c.more)
		run := runner(t, Options{Lists: lists(t, c.file)}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL},
			Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}}, nil)
		sound(t, run)
		f := find1(t, run, DNSBL, "", "x")
		if f.Code != c.code || !strings.Contains(f.Summary+strings.Join(f.Codes, " ")+notesOf(f), c.word) {
			t.Errorf("%s: %s (%s) %q, want %s with %q", c.name, f.Code, f.Summary, f.Codes, c.code, c.word)
		}
		if c.name == "no negative test point by design" {
			guard := 0
			for _, q := range d.Queries() {
				if strings.HasSuffix(q.Name, ".2.0.192.x.test.") {
					guard++
				}
			}
			if guard != 1 {
				t.Errorf("%d random neighbours were asked, want 1", guard)
			}
		}
	}
}

// A resolver that answers names that do not exist is told once, not as a
// listing on every list.
func TestResolverRewrites(t *testing.T) {
	d, err := sample.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Zone(".", "* A 146.112.61.104"); err != nil {
		t.Fatal(err)
	}
	run := runner(t, Options{}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}}, nil)
	sound(t, run)
	for _, f := range run.Findings {
		if f.Code != "dnsbl-unhealthy" || !strings.Contains(notesOf(f), "146.112.61.104") {
			t.Errorf("%s: %s %s %q", f.List, f.Code, f.Summary, f.Notes)
		}
	}
	n := 0
	for _, q := range d.Queries() {
		if strings.HasSuffix(q.Name, ".invalid.") && strings.HasPrefix(q.Name, "metriage-") {
			n++
		}
	}
	if n != 1 || !strings.Contains(strings.Join(run.Notes, " "), "do not exist") {
		t.Errorf("%d probes, notes %q", n, run.Notes)
	}
}

// Where nothing at all can be asked, it is not the lists.
func TestResolverWithoutAWayOut(t *testing.T) {
	d := labDNS(t)
	for _, z := range []string{"rbl.test", "refused.test", "deadrbl.test"} {
		d.Behave(z, sample.Behaviour{Rcode: 2})
	}
	run := runner(t, Options{}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}}, nil)
	if want := "None of 10 lists could be checked for 198.51.100.99, all for the same reason (servfail): that is the resolver or the network, not the lists."; !slices.Contains(run.Notes, want) {
		t.Errorf("notes %q", run.Notes)
	}
}

// Hostile texts from a list stay harmless and short.
func TestHostileList(t *testing.T) {
	d := labDNS(t)
	if err := d.Zone("evil.test", `99.100.51.198 A 127.0.0.2
99.100.51.198 TXT "\027[2J\226\128\174`+strings.Repeat("x", 200)+`" "`+strings.Repeat("y", 250)+`"
2.0.0.127 A 127.0.0.2`); err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range 60 {
		many = append(many, "127.0.1."+string(rune('0'+i/10))+string(rune('0'+i%10)))
	}
	for i, m := range many {
		many[i] = strings.Replace(strings.Replace(m, "127.0.1.0", "127.0.1.", 1), "127.0.1.", "126.0.1.", 1)
	}
	if err := d.Set("98.100.51.198.evil.test", "A", many...); err != nil {
		t.Fatal(err)
	}
	run := runner(t, Options{Lists: lists(t, "only = true\n[[list]]\nid = \"evil\"\nzone = \"evil.test\"\n")}, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL},
		Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99"), netip.MustParseAddr("198.51.100.98")}}}, nil)
	sound(t, run)
	if f := find1(t, run, DNSBL, "198.51.100.99", ""); f.Code != "dnsbl-listed" || len(notesOf(f)) > 1000 {
		t.Errorf("%s, %d bytes of notes", f.Code, len(notesOf(f)))
	}
	if f := find1(t, run, DNSBL, "198.51.100.98", ""); f.Code != "dnsbl-invalid-answer" || len(f.Summary) > 600 {
		t.Errorf("%s, %d bytes: %s", f.Code, len(f.Summary), f.Summary)
	}
}
