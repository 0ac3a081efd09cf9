package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag/sample"
	"metriage/diag/triage"
)

// The Queue view says when messages are tried next and given up, as estimates,
// and sorts by it; the domain list and the groups say when the first is.
func TestQueueColumnsEstimated(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60})
	s.press("]")
	s.tells("GIVES UP: when the first of them is, estimated (~)", "days before")
	s.press("enter", "z")
	s.has("NEXT", "GIVES UP", "due")
	l := s.m.openList()
	for i, c := range s.m.sec().levels[1].columns {
		if c.title != "NEXT" && c.title != "GIVES UP" {
			continue
		}
		for l.sort != i+1 {
			s.press("s")
		}
		var have []time.Time
		for _, n := range l.items {
			q := l.data.queueRow(n)
			if have = append(have, q.GiveUp); c.title == "NEXT" {
				have[len(have)-1] = q.Next
			}
		}
		if !slices.IsSortedFunc(have, compareSoon) || have[0].IsZero() || have[0].Equal(have[len(have)-1]) {
			t.Errorf("by %s: %v", c.title, have)
		}
		shown := false
		for _, n := range l.items {
			shown = shown || strings.HasPrefix(c.text(s.m, l.data.queueRow(n)), "~")
		}
		if !shown {
			t.Errorf("%s shows no estimate", c.title)
		}
	}
	s.press("z", "enter")
	s.has("Given up", "estimated from those given up before", "estimated from the retry schedule")
	s.press("esc", "esc", "[")
	s.goTo("slowpoke")
	s.has("Of those that wait the first gives up ", ", estimated.")
}

var smartHost = "smart-host"

// Without a message that was given up the time is unknown, not a guess.
func TestQueueEstimatesUnknown(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60, story: &smartHost})
	s.press("]")
	s.tells("GIVES UP is not known: the logs show no message that was given up.")
	s.press("enter", "enter")
	s.has("Given up", "not known: the logs show no message that was given up")
}

// The folder of outgoing mail says how much of it is backscatter, in numbers
// and words.
func TestQueueBackscatter(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("]")
	b := s.m.data.audit.pictures[0].Bounces
	if !b.Known || b.Strangers == 0 || b.Strangers > b.Null || b.Null >= b.Queued {
		t.Fatalf("%+v", b)
	}
	s.tells(fmt.Sprintf("Backscatter: %d of %d (%d %%) outgoing messages are bounces to domains elsewhere.", b.Strangers, b.Queued, b.Strangers*100/b.Queued))
	s.m.data.audit.pictures[0].Usual = 7
	s.press("j", "k")
	s.tells(fmt.Sprintf("%d outgoing messages wait, usually 7.", b.Queued))
	for _, x := range []struct {
		b    triage.Bounces
		want string
	}{
		{triage.Bounces{Queued: 40, Null: 10}, "unknown. 10 of 40 (25 %)"},
		{triage.Bounces{Queued: 40, Known: true}, "none, no outgoing"},
	} {
		if got := bounceWords(x.b); !strings.Contains(got, x.want) {
			t.Errorf("%+v: %q", x.b, got)
		}
	}
}

// A message opens with envelope, header, readable text, attachments and every
// attempt that the logs know; nothing of it reaches the terminal raw.
func TestQueuedMessageOpens(t *testing.T) {
	root := ownTree(t, sample.Options{Seed: 1})
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const id = "00000000000000000000000000000ABC.MAI"
	write("Queues/SMTP/Outgoing/"+id, "DomainName=x.example\r\nRecipients=[SMTP:b@x.example]\r\nSender=[SMTP:anna@ours.example]\r\nRetries=2\r\nStatus=Unsent\r\nTimeAcquired=100\r\nSubject=Opened\r\n")
	write("Queues/SMTP/Outgoing/Messages/"+id, "From: =?utf-8?Q?J=C3=B6rg?= <anna@ours.example>\r\nSubject: =?utf-8?Q?=1B[2Jred?=\r\nContent-Type: multipart/mixed; boundary=M\r\n\r\n"+
		"--M\r\nContent-Type: text/html\r\n\r\n<p>Pay <a href=\"https://evil.example/x\">here</a>\x1b]0;x\x07</p>\r\n--M\r\nContent-Type: application/pdf; name=bill.pdf\r\nContent-Disposition: attachment\r\n\r\n12345\r\n--M--\r\n")
	log, err := os.OpenFile(filepath.Join(root, "Logging", "SMTP", "SMTP-Activity-"+at.Format("060102")+".log"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for i, reply := range []string{"450 4.2.0 greylisted", "421 4.7.0 later"} {
		when := at.Add(time.Duration(i-3) * time.Hour).Format("01/02/06 15:04:05")
		for _, row := range []string{"CONN\t\t220 mx.x.example ESMTP", "MAIL\tMAIL FROM:<anna@ours.example>\t250 ok", "RCPT\tRCPT TO:<b@x.example>\t" + reply, "QUIT\tQUIT\t221 bye"} {
			fmt.Fprintf(log, "%s\tSMTP-OU\t%s\t77%d\t192.0.2.9\t%s\t0\t0\t\tOpened\r\n", when, id, i, row)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, setup{w: 80, h: 24, root: root})
	s.press("]", "enter", "/")
	s.typed("subject:opened")
	s.press("enter")
	s.tells("enter opens it")
	s.press("enter")
	s.tells("Destination x.example", "Header From: Jörg <anna@ours.example>", "Subject: ?[2Jred", "Text, from HTML Pay here <https://evil.example/x>",
		"Attachments bill.pdf 5 B application/pdf", "History, from the logs",
		"06:30 refused for now by mx.x.example (192.0.2.9) for b@x.example, at rcpt: 450 4.2.0 greylisted", "07:30 refused for now", "421 4.7.0 later")
	for _, l := range s.m.content[0].lines {
		if strings.Contains(strip(l), "\x1b") || strings.Contains(l, "]0;") && strings.Contains(l, "\x07") {
			t.Errorf("raw: %q", l)
		}
	}
	// It goes away meanwhile.
	if err := os.Remove(filepath.Join(root, "Queues", "SMTP", "Outgoing", "Messages", id)); err != nil {
		t.Fatal(err)
	}
	s.press("esc", "j", "k")
	s.m.raw = rawFile{}
	s.press("enter")
	s.tells("The message could not be opened", "History, from the logs")
}

// tells reports whether the open tab says all of the words, in sight or further
// down, wherever its lines break.
func (s *stage) tells(words ...string) {
	s.t.Helper()
	text := strings.Join(strings.Fields(strip(strings.Join(s.m.content[0].lines, " "))), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("the tab does not say %q:\n%s", w, text)
		}
	}
}

// The messages of a folder can be filtered by any of their fields, and by what
// is out of order.
func TestQueueFilterByAnyField(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60})
	s.press("]", "enter")
	l, def := s.m.openList(), s.m.sec().levels[1]
	fields := map[string]func(q triage.QueueMessage) string{
		"destination": func(q triage.QueueMessage) string { return q.Destination },
		"recipient":   func(q triage.QueueMessage) string { return q.Recipient },
		"sender":      func(q triage.QueueMessage) string { return q.Sender },
		"account":     func(q triage.QueueMessage) string { return q.Account },
		"user":        func(q triage.QueueMessage) string { return q.User },
		"client":      clientOf,
		"status":      queueStatus,
		"command":     func(q triage.QueueMessage) string { return q.Command },
		"subject":     func(q triage.QueueMessage) string { return q.Subject },
		"tries":       func(q triage.QueueMessage) string { return fmt.Sprint(q.Retries) },
		"code":        func(q triage.QueueMessage) string { return fmt.Sprint(q.StatusCode) },
		"recipients":  func(q triage.QueueMessage) string { return fmt.Sprint(q.Recipients) },
		"size":        func(q triage.QueueMessage) string { return fmt.Sprint(q.Size) },
		"id":          func(q triage.QueueMessage) string { return q.ID },
	}
	all := l.items
	for name, of := range fields {
		values := map[string]int{}
		for _, n := range all {
			values[strings.ToLower(of(l.data.view.QueueMessage(n)))]++
		}
		tried := false
		for v, count := range values {
			if v == "" || strings.ContainsAny(v, " ") || count == len(all) {
				continue
			}
			tried = true
			got := arrange(l.data, &def, all, name+":"+v, 0, false, at)
			if len(got) < count || len(got) == len(all) {
				t.Errorf("%s:%s shows %d, %d have it", name, v, len(got), count)
			}
			for _, n := range got {
				if have := strings.ToLower(of(l.data.view.QueueMessage(n))); !strings.Contains(have, v) {
					t.Errorf("%s:%s shows one with %q", name, v, have)
				}
			}
		}
		if !tried && name != "command" {
			t.Errorf("the sample has no two values of %s", name)
		}
	}
	orphans := 0
	for _, n := range all {
		if q := l.data.view.QueueMessage(n); !q.HasEnvelope || !q.HasMessage {
			orphans++
		}
	}
	s.press("F")
	if n := len(s.m.openList().items); n == 0 || n != orphans {
		t.Errorf("%d of %d orphans are shown", n, orphans)
	}
	s.press("enter")
	s.tells("FAULT: the", "file is missing; MailEnable will move this to Bad Mail.")
}

// A folder of which nothing could be read is not called empty.
func TestFolderThatCannotBeRead(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	dir := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	if err := os.MkdirAll(filepath.Join(dir, "Messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "A.MAI"), []byte("\x00\x01\x02\xff"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, setup{w: 120, h: 30, root: root})
	s.press("]", "enter")
	s.has("Nothing that lies in this folder could be", "A.MAI: binary", "1 message in 1 file,")
	s.hasNot("This folder is empty", "1 messages")
}
