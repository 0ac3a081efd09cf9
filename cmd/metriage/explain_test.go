package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func firstFailure(t *testing.T, v tree) tree {
	t.Helper()
	f := list(v["failures"])
	if len(f) == 0 {
		t.Fatalf("no failure: %v", v)
	}
	return f[0].(map[string]any)
}

func TestExplainBounces(t *testing.T) {
	ui := "From: \"Delivery Subsystem\" <POSTMASTER@sender.example>\nTo: <news@sender.example>\nDate: Tue, 15 Jan 2019 12:20:12 +0100\nX-MEFilter: 1\nReturn-Path: <>\n\n" +
		"MailEnable: Message Delivery Failure.\n\nReason: ME-E0193: [C84C7EE0EE8140999E6AF9DB164CC8CC.MAI] Message Delivery Failure.\n\n" +
		"Your message addressed to the target domain (rcpt.example) could not be delivered because the mail server responsible for this domain returned a permanent error.\n\nThe server returned:\n\n" +
		"554-web.de (mxeue009) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Reject due to policy restrictions.\n554 For explanation visit https://postmaster.web.de/error?id=1&ip=192.0.2.58&c=sp\n\nMessage headers follow:\n\nReceived: from x\n"
	path := filepath.Join(t.TempDir(), "bounce.MAI")
	if err := os.WriteFile(path, []byte(ui), 0o644); err != nil {
		t.Fatal(err)
	}
	r := metriage(t, "", "explain", path, "--format", "json")
	if r.code != 1 || strings.Count(r.out, "\n") != 1 {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	got := decode(t, r.out)
	want := tree{"input": path, "kind": "mailenable-e0193", "id": "C84C7EE0EE8140999E6AF9DB164CC8CC.MAI", "code": "ME-E0193", "sender": "news@sender.example", "date": "2019-01-15T12:20:12+01:00"}
	f := tree{"domain": "rcpt.example", "recipient": "", "smtp_code": 554.0, "stage": "connect", "permanent": true, "cause": "policy", "named": "united-internet", "provider": "united-internet", "own_ip": "192.0.2.58"}
	bad := append(within("", map[string]any(want), got), within("failure", map[string]any(f), firstFailure(t, got))...)
	if len(bad) > 0 {
		t.Error(strings.Join(bad, "\n"))
	}
	for _, k := range []string{"reply", "enhanced_code", "also", "confidence", "rule", "identity", "identity_domain", "urls", "lookup_url", "checks", "because", "steps"} {
		if _, ok := firstFailure(t, got)[k]; !ok {
			t.Errorf("a failure without %s", k)
		}
	}
	text := metriage(t, ui, "explain")
	if text.code != 1 || !strings.Contains(text.out, "192.0.2.58") || !strings.Contains(text.out, "What to do") {
		t.Errorf("exit %d\n%s", text.code, text.out)
	}
}

func TestExplainInputs(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		kind     string
		failures int
		code     int
	}{
		{"a bare reply", "550 5.1.1 <a@b.example>: user unknown\r\n", "reply", 1, 1},
		{"a reply for now", "450 4.7.1 greylisted, try again", "reply", 1, 0},
		{"several lines", "554-mx.b.example\n554 5.7.1 no\n", "reply", 1, 1},
		{"ordinary mail", "From: a@b.example\nSubject: hi\n\n550 users came\n", "not-a-bounce", 0, 0},
		{"a note", "We saw ME-E0193.\n", "not-a-bounce", 0, 0},
		{"nothing", "", "not-a-bounce", 0, 0},
		{"a delay", "MailEnable: Message delivery has been delayed\n\nMessage is waiting at a.example for delivery to b.example.\n", "mailenable-delay", 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := metriage(t, tt.in, "explain", "-", "--format", "json")
			v := decode(t, r.out)
			if v["kind"] != tt.kind || len(list(v["failures"])) != tt.failures || r.code != tt.code || v["input"] != "-" {
				t.Errorf("exit %d: %s", r.code, r.out)
			}
		})
	}
}

func TestExplainLines(t *testing.T) {
	in := "550 5.1.1 user unknown\n\n451-one\\n451 two\nno code at all, mailbox is full\n" +
		"550 back\\slash \\r\\n stays\r\n" + "554 Gr\xFC\xDFe\n" + strings.Repeat("x", 100<<10) + "\nlast"
	path := filepath.Join(t.TempDir(), "replies.txt")
	if err := os.WriteFile(path, []byte(in), 0o644); err != nil {
		t.Fatal(err)
	}
	r := metriage(t, "", "explain", "--lines", "--format", "json", path)
	lines := strings.Split(strings.TrimRight(r.out, "\n"), "\n")
	if len(lines) != 8 {
		t.Fatalf("%d objects for 8 lines", len(lines))
	}
	for i, l := range lines {
		v := decode(t, l)
		if v["input"] != fmt.Sprintf("%s:%d", path, i+1) {
			t.Errorf("input %v of line %d", v["input"], i+1)
		}
		kind, n := "reply", 1
		if i == 1 {
			kind, n = "not-a-bounce", 0
		}
		if v["kind"] != kind || len(list(v["failures"])) != n {
			t.Errorf("line %d: %.200s", i+1, l)
		}
		switch i {
		case 2:
			if f := firstFailure(t, v); f["reply"] != "451 one two" || f["permanent"] != false {
				t.Errorf("%.200s", l)
			}
		case 4:
			if f := firstFailure(t, v); !strings.Contains(f["reply"].(string), `back\slash`) {
				t.Errorf("%.200s", l)
			}
		case 5:
			if f := firstFailure(t, v); f["reply"] != "554 Grüße" {
				t.Errorf("%.200s", l)
			}
		case 6:
			if v["truncated"] != true {
				t.Error("the long line is not marked")
			}
		default:
			if v["truncated"] == true {
				t.Errorf("line %d is marked as cut", i+1)
			}
		}
	}
	unread := metriage(t, "", "explain", "--lines", "--format", "json", filepath.Join(t.TempDir(), "none"), path)
	if unread.code != 2 || strings.Count(unread.out, "\n") != 8 {
		t.Errorf("exit %d, %d objects", unread.code, strings.Count(unread.out, "\n"))
	}
}
