package mailenable

import (
	"context"
	"strings"
	"testing"
	"time"
)

func in(clock, id, socket, remote, cmd, detail, reply, user string) string {
	return strings.Join([]string{"11/24/26 " + clock, "SMTP-IN", id, socket, remote, cmd, detail, reply, "0", "0", user, ""}, "\t")
}

func out(clock, id, socket, remote, cmd, detail, reply string) string {
	return strings.Join([]string{"11/24/26 " + clock, "SMTP-OU", id, socket, remote, cmd, detail, reply, "0", "0", "", "Subject"}, "\t")
}

const (
	inID    = "AAAA849D1D1A4560A67A63FD73DB8C03.MAI"
	afterID = "BBBB849D1D1A4560A67A63FD73DB8C03.MAI"
	outID   = "CCCC849D1D1A4560A67A63FD73DB8C03.MAI"
	otherID = "DDDD849D1D1A4560A67A63FD73DB8C03.MAI"
)

func historyTree(t *testing.T) Installation {
	t.Helper()
	root := tree(t, "Queues/SMTP/Outgoing/")
	rows := []string{
		"[11/24/26 00:00:20]****************** LOG FILE STARTED *******************",
		in("07:00:00", otherID, "1000", "203.0.113.17", "", "", "220 hello", ""), // an earlier session on the same socket
		in("07:00:01", otherID, "1000", "203.0.113.17", "QUIT", "QUIT", "221 bye", ""),
		in("07:10:00", inID, "1000", "203.0.113.17", "", "", "220 hello", ""),
		in("07:10:00", inID, "1000", "203.0.113.17", "EHLO", "EHLO [192.168.1.20]", "250-hello", ""),
		in("07:10:00", inID, "1000", "203.0.113.17", "AUTH", "AUTH LOGIN", "334 VXNlcm5hbWU6", ""),
		in("07:10:00", inID, "1000", "203.0.113.17", "AUTH", "YW5uYQ==", "334 UGFzc3dvcmQ6", ""),
		in("07:10:00", inID, "1000", "203.0.113.17", "AUTH", "c2VjcmV0", "235 Authenticated", "anna@ours.example"),
		out("07:10:00", otherID, "1004", "192.0.2.9", "CONN", "", "220 other"),
		in("07:10:01", inID, "1000", "203.0.113.17", "MAIL", "MAIL FROM:<anna@ours.example>", "250 ok", "anna@ours.example"),
		in("07:10:01", inID, "1000", "203.0.113.17", "RCPT", "RCPT TO:<b@x.example>", "250 ok", "anna@ours.example"),
		in("07:10:01", inID, "1000", "203.0.113.17", "RCPT", "RCPT TO:<no@ours.example>", "550 no", "anna@ours.example"),
		in("07:10:01", inID, "1000", "203.0.113.17", "DATA", "DATA", "354 go", "anna@ours.example"),
		in("07:10:02", afterID, "1000", "203.0.113.17", "QUIT", "QUIT", "221 bye", "anna@ours.example"),
		out("07:10:03", outID, "1000", "192.0.2.9", "CONN", "", "220 mx.x.example"),
		out("07:10:03", outID, "1000", "192.0.2.9", "EHLO", "EHLO mail.ours.example", "250-hi [198.51.100.25]"),
		out("07:10:04", outID, "1000", "192.0.2.9", "MAIL", "MAIL FROM:<anna@ours.example>", "550 5.7.1 \x1b[31mno\xff"),
		out("07:10:04", outID, "1000", "192.0.2.9", "QUIT", "QUIT", "221 bye"),
		in("07:20:00", otherID, "1000", "203.0.113.17", "", "", "220 hello", ""), // a later one
	}
	put(t, root, "Logging/SMTP/SMTP-Activity-261124.log", strings.Join(rows, "\r\n")+"\r\n"+out("07:30:00", outID, "1000", "192.0.2.9", "CONN", "", "220 x")[:60])
	put(t, root, "Logging/SMTP/SMTP-Activity-261001.log", out("07:10:04", outID, "7", "192.0.2.9", "CONN", "", "220 too old")+"\r\n")
	put(t, root, "Logging/SMTP/SMTP-Debug-261124.log", "11/24/26 07:10:02\tME-I0108: ["+inID+"] Relay Granted: Sender has authenticated\r\n"+
		"11/24/26 07:10:02\tME-I0018: ["+inID+"] Message was requeued as ["+outID+"] for target domain [x.example]\r\n"+
		"11/24/26 07:10:04\t["+outID+"] 550-5.7.1 no\r\n11/24/26 07:10:04\t["+outID+"] 550 5.7.1 see https://x.example/why\r\n11/24/26 07:10:05\t["+otherID+"] 250 ok\r\n")
	put(t, root, "Logging/MTA/MTA-Activity-261124.log", "11/24/26 07:10:02\t["+inID+"] from (SMTP) [SMTP:anna@ours.example]->[SMTP:b@x.example] x\r\n")
	return Installation{Root: root}
}

func TestHistory(t *testing.T) {
	at := time.Date(2026, 11, 24, 7, 10, 4, 0, time.UTC)
	h, err := historyTree(t).History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{"[" + strings.ToLower(outID) + "]"}, From: at, To: at})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, l := range h.Lines {
		all.WriteString(l.Source + " " + l.Text + "\n")
	}
	text := all.String()
	for _, want := range []string{
		"Debug 11/24/26 07:10:02 ME-I0108", "requeued as", "MTA 11/24/26", "see https://x.example/why",
		"AUTH LOGIN", "RCPT TO:<b@x.example>", "550 5.7.1 ?[31mnoÿ", "221 bye", "EHLO mail.ours.example",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, not := range []string{"YW5uYQ", "c2VjcmV0", otherID, "too old", "07:20:00", "07:00:00", "\x1b"} {
		if strings.Contains(text, not) {
			t.Errorf("%q should not be in\n%s", not, text)
		}
	}
	if len(h.Links) != 1 || h.Links[0].From != inID || h.Links[0].To != outID || h.Links[0].Domain != "x.example" {
		t.Errorf("links %+v", h.Links)
	}
	in := h.HandedIn
	if in == nil || in.User != "anna@ours.example" || in.Client != "203.0.113.17" || in.HELO != "[192.168.1.20]" || len(in.Recipients) != 1 || in.Refused != 1 {
		t.Errorf("handed in %+v", in)
	}
	if len(h.Attempts) != 1 || h.Attempts[0].Outcome != Refused || h.Attempts[0].ID != outID || h.Attempts[0].Banner != "mx.x.example" {
		t.Errorf("attempts %+v", h.Attempts)
	}
	if len(h.IDs) != 2 || h.Truncated || len(h.Problems) > 0 || len(h.Files) != 3 {
		t.Errorf("%v %v %v %v", h.IDs, h.Truncated, h.Problems, h.Files)
	}
	// The session of one message stays together.
	for i := 1; i < len(h.Lines); i++ {
		if h.Lines[i].Time.Before(h.Lines[i-1].Time) {
			t.Errorf("line %d is out of order:\n%s", i, text)
		}
	}
}

// Where the MTA's log alone says that a message was requeued, its sessions are
// found under both ids.
func TestHistoryThroughMTA(t *testing.T) {
	inst := historyTree(t)
	put(t, inst.Root, "Logging/SMTP/SMTP-Debug-261124.log", "")
	put(t, inst.Root, "Logging/MTA/MTA-Activity-261124.log", "11/24/26 07:10:02\t["+inID+"] from (SMTP) requeued as ["+outID+"] for target domain [x.example]\r\n")
	at := time.Date(2026, 11, 24, 7, 10, 4, 0, time.UTC)
	h, err := inst.History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{outID}, From: at, To: at})
	if err != nil || h.HandedIn == nil || h.HandedIn.User != "anna@ours.example" || len(h.Links) != 1 || h.Links[0].From != inID || len(h.Attempts) != 1 {
		t.Errorf("%+v %v", h, err)
	}
}

func TestHistoryBounds(t *testing.T) {
	inst := historyTree(t)
	if _, err := inst.History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{"<x@y>"}}); err == nil {
		t.Error("a history of no id")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if h, err := inst.History(ctx, Disk{}, time.UTC, HistoryQuery{IDs: []string{outID}}); err == nil || len(h.Lines) > 0 {
		t.Errorf("after a cancel: %v, %d lines", err, len(h.Lines))
	}
	// A message that was tried a thousand times.
	var b strings.Builder
	for range 3000 {
		b.WriteString("11/24/26 07:10:02\t[" + outID + "] trying\r\n")
	}
	put(t, inst.Root, "Logging/SMTP/SMTP-Debug-261124.log", b.String())
	h, err := inst.History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{outID}})
	if err != nil || !h.Truncated || len(h.Lines) > maxHistoryLines {
		t.Errorf("%v, %d lines, truncated %v", err, len(h.Lines), h.Truncated)
	}
}

func TestRedactLogLine(t *testing.T) {
	for line, want := range map[string]string{
		in("1", "X.MAI", "1", "r", "AUTH", "AUTH PLAIN AGFubmEAc2VjcmV0", "235 ok", "u"): "AUTH\tAUTH PLAIN (not shown)\t235",
		in("1", "X.MAI", "1", "r", "AUTH", "{blank}", "235 ok", "u"):                     "AUTH\t{blank}\t235",
		in("1", "X.MAI", "1", "r", "c2VjcmV0", "c2VjcmV0", "535 no", "u"):                "(not shown)\t(not shown)\t535",
		in("1", "X.MAI", "1", "r", "", "c2VjcmV0", "334 more", "u"):                      "\t(not shown)\t334",
		in("1", "X.MAI", "1", "r", "RCPT", "RCPT TO:<a@b>", "250 ok", "u"):               "RCPT TO:<a@b>",
		"debug AUTH PLAIN AGFubmEAc2VjcmV0 done":                                         "AUTH PLAIN (not shown) done",
		"PASS hunter2":                                                                   "PASS (not shown)",
		"2026-01-01 00:00:01 1.2.3.4 AUTH AUTH+PLAIN+AGFubmE= 535+no":                    "AUTH+PLAIN+(not shown) 535+no",
	} {
		if got := RedactLogLine([]byte(line)); !strings.Contains(got, want) || strings.Contains(got, "c2VjcmV0") || strings.Contains(got, "hunter2") {
			t.Errorf("%q became %q, want %q in it", line, got, want)
		}
	}
}

func TestReadTrace(t *testing.T) {
	tr := ReadTrace([]byte("Received: from a ([192.0.2.9]) for <made.up@ours.example> with MailEnable Catch-All Filter; Wed, 13 Jul 2011 09:25:50 -0700\r\n" +
		"Received: from web ([127.0.0.1]) by mail.ours.example with MailEnable ESMTP;\r\n Wed, 13 Jul 2011 09:25:50 -0700\r\n" +
		"X-PHP-Originating-Script: 33:contact\x1b.php\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: \"A\" <a@b.example>\r\n\r\n" +
		"Click http://win.spam.example.com/x?y=3D1 or https://WIN.spam.example.com=\r\n/z and https://[::1]/ http://\r\n"))
	if tr.CatchAllFor != "made.up@ours.example" || tr.SignedIn || tr.Client.String() != "127.0.0.1" || tr.Subject != "Grüße" || tr.From != "a@b.example" {
		t.Errorf("%+v", tr)
	}
	if len(tr.Script) != 1 || tr.Script[0].Value != "33:contact?.php" || len(tr.Links) != 1 || tr.Links[0] != "example.com" {
		t.Errorf("%+v", tr)
	}
	if tr := ReadTrace([]byte("Received: from x ([203.0.113.17]) by y with MailEnable ESMTPA; z")); !tr.SignedIn || tr.Client.String() != "203.0.113.17" {
		t.Errorf("%+v", tr)
	}
}

func FuzzTrace(f *testing.F) {
	f.Add([]byte("Received: from ([192.0.2.150]) for <u@e> with MailEnable Catch-All Filter; x\nSubject: =?x?\n\nhttp://a=\n.b/ https://%zz"))
	f.Add([]byte("Received: with MailEnable ESMTP\n\thttp://"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := ReadTrace(b)
		if len(tr.Links) > 10 || len(tr.Script) > 10 {
			t.Error("not bounded")
		}
	})
}
