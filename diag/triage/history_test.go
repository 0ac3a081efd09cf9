package triage

import (
	"context"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"metriage/diag"
	"metriage/diag/sample"
)

// The whole session behind a failure is there, without credentials, and so is
// what the logs tell of a message of the queue.
func TestHistory(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "password", Messages: 300, Seed: 2})
	v := scan(t, s)
	sessions, handed := 0, 0
	verbs := regexp.MustCompile(`\b(CONN|EHLO|MAIL FROM|RCPT TO|QUIT)\b`)
	for i, n := range v.AllFailures() {
		logged := v.Row(n).Sources&diag.SourceLog != 0
		if i%10 != 0 || !logged && !strings.HasSuffix(v.Row(n).ID, ".MAI") {
			continue
		}
		h, err := s.History(context.Background(), v, n)
		if err != nil {
			t.Fatal(err)
		}
		if logged && len(h.Lines) == 0 {
			t.Errorf("the log knows %s, and no session is found", v.Row(n).ID)
		}
		var text []string
		for _, l := range h.Lines {
			text = append(text, l.Text)
		}
		all := strings.Join(text, "\n")
		if len(verbs.FindAllString(strings.Join(text, "\n"), -1)) >= 3 {
			sessions++
		}
		if h.HandedIn != nil {
			handed++
		}
		for _, m := range regexp.MustCompile(`AUTH[ \t]+(\S+)`).FindAllStringSubmatch(all, -1) {
			if b, err := base64.StdEncoding.DecodeString(m[1]); err == nil && len(b) > 4 {
				t.Errorf("a credential is shown: %q", m[0])
			}
		}
	}
	if sessions == 0 {
		t.Error("no failure has a session")
	}
	t.Logf("%d with sessions, %d handed in", sessions, handed)
	queue := 0
	for n := range v.Queued() {
		if h, err := s.QueueHistory(context.Background(), v, n); err == nil && len(h.Lines) > 0 {
			queue++
		}
		if queue > 0 {
			break
		}
	}
	if queue == 0 {
		t.Error("no queued message has a history")
	}
}

// No credential of the log is in what is kept of it.
func TestNoCredentialIsKept(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "password", Messages: 300})
	scan(t, s)
	kept, err := s.audits.Save(0)
	if err != nil || len(kept) == 0 {
		t.Fatal(err)
	}
	log := readFile(t, newestLog(t, s))
	found := 0
	for _, m := range regexp.MustCompile(`\tAUTH\t([A-Za-z0-9+/=]{8,})\t235`).FindAllStringSubmatch(log, -1) {
		found++
		plain, _ := base64.StdEncoding.DecodeString(m[1])
		if strings.Contains(string(kept), m[1]) || len(plain) > 0 && strings.Contains(string(kept), string(plain)) {
			t.Errorf("%q is kept", m[1])
		}
	}
	if found == 0 {
		t.Error("the sample has no credential to look for")
	}
}
