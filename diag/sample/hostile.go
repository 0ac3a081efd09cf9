package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"metriage/diag"
)

// hostileHost is the server of a hostile tree.
const hostileHost = "mail.harbourline.example"

// hostile writes a tree in which strangers did their worst.
type hostile struct {
	root string
	now  time.Time
	n    int
	err  error
	rows strings.Builder // of the Activity log
	said strings.Builder // of the Debug log
	tab  strings.Builder // of ADDRESS-MAP.TAB
}

// WriteHostile writes an installation below dir in which every field that a
// stranger can fill holds each of the attacks: replies, recipients, senders,
// subjects, names and values of headers, envelopes, banners, HELO names, users
// and, where the file system allows it, names of files and folders.
func WriteHostile(dir string, attacks []Attack, now time.Time) error {
	h := &hostile{root: dir, now: now}
	for i, a := range attacks {
		h.attack(i, a.Text)
	}
	for i, a := range attacks {
		// The audit knows a user again whose name is shown as it is.
		name := oneLine(a.Text[:min(len(a.Text), 60)])
		if asItIs := diag.Clean(name) == name; asItIs || i%20 == 0 {
			h.intruder(i, name, asItIs)
		}
	}
	day := now.Format("060102")
	h.write("Logging/SMTP", "SMTP-Activity-"+day+".log", h.rows.String())
	h.write("Logging/SMTP", "SMTP-Debug-"+day+".log", h.said.String())
	h.write("Config", "ADDRESS-MAP.TAB", h.tab.String())
	h.write("Config", "MailEnable.reg", h.registry(attacks))
	return h.err
}

func (h *hostile) write(folder, name, text string) {
	if h.err != nil {
		return
	}
	dir := filepath.Join(h.root, filepath.FromSlash(folder))
	if h.err = os.MkdirAll(dir, 0o755); h.err == nil {
		h.err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
	}
}

// id returns the next message id.
func (h *hostile) id() string {
	h.n++
	return fmt.Sprintf("BADC0DE%025X.MAI", h.n)
}

// attack plants one text everywhere.
func (h *hostile) attack(i int, x string) {
	date := h.now.Add(-time.Duration(i+1) * time.Minute).Format(time.RFC1123Z)
	line := oneLine(x)
	word := strings.ReplaceAll(line, " ", "_")
	inbox := "Postoffices/harbourline.example/MAILROOT/anna/Inbox"
	head := func(id string) string {
		return "From: \"Delivery Subsystem\" <postmaster@harbourline.example>\r\nTo: <" + word + "@harbourline.example>\r\n" +
			"Subject: Message Delivery Failure\r\nDate: " + date + "\r\nMessage-ID: <" + id + "@" + hostileHost + ">\r\nX-MEFilter: 1\r\n" +
			"X-" + word + ": " + line + "\r\n\r\n"
	}
	quoted := "Message headers follow:\r\n\r\nReceived: from " + word + " ([203.0.113.7]) by " + hostileHost + " with MailEnable ESMTPA; " + date +
		"\r\nFrom: \"" + line + "\" <" + word + "@harbourline.example>\r\nTo: <" + word + "@a" + fmt.Sprint(i) + ".example>\r\n" +
		"Subject: " + line + "\r\nMessage-ID: <" + word + "@x>\r\n" + word + ": " + line + "\r\nReturn-Path: <" + word + "@harbourline.example>\r\n"

	// An NDR by recipient, one by domain, one whose reply is all there is.
	id := h.id()
	h.write(inbox, id, head(id)+"MailEnable: Message could not be delivered to some recipients.\r\nThe following recipient(s) could not be reached:\r\n\r\n"+
		"\tRecipient: [SMTP:"+word+"@a"+fmt.Sprint(i)+".example]\r\n\tReason: Remote SMTP Server Returned: 554 5.7.1 "+x+"\r\n\r\n"+
		"\tRecipient: [SMTP:office@"+word+"]\r\n\tReason: "+x+"\r\n\r\n"+quoted)
	id = h.id()
	h.write(inbox, id, head(id)+"MailEnable: Message Delivery Failure.\r\n\r\nReason: ME-E0193: ["+id+"] Message Delivery Failure.\r\n\r\n"+
		"Your message addressed to the target domain ("+word+") could not be delivered because the mail server responsible for this domain returned a permanent error.\r\n\r\n"+
		"The server returned:\r\n\r\n554-"+word+" 554 "+x+"\r\n\r\n"+quoted)
	id = h.id()
	h.write(inbox, id, "From: <MAILER-DAEMON@"+word+">\r\nTo: <anna@harbourline.example>\r\nSubject: Undelivered: "+line+"\r\nDate: "+date+"\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+x+
		"\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "+word+"\r\n\r\nFinal-Recipient: rfc822; "+word+"@b"+fmt.Sprint(i)+".example\r\n"+
		"Action: failed\r\nStatus: 5.7.1\r\nRemote-MTA: dns; "+word+"\r\nDiagnostic-Code: smtp; 550 5.7.1 "+line+"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: <"+word+
		"@harbourline.example>\r\nSubject: "+line+"\r\n\r\n"+x+"\r\n--b--\r\n")

	// A pair in the queue and one in Bad Mail.
	for _, folder := range []string{"Queues/SMTP/Outgoing", "Queues/SMTP/Inbound", "Bad Mail"} {
		id = h.id()
		h.write(folder, id, "DomainName="+line+"\r\nRecipients=[SMTP:"+word+"@c"+fmt.Sprint(i)+".example];[SMTP:x@"+word+"]\r\nSender=[SMTP:"+word+"@harbourline.example]\r\n"+
			"TimeAcquired="+fmt.Sprint(h.now.Unix()-int64(i))+"\r\nClientIP="+line+"\r\nAuthenticationStatus="+line+"\r\nUser="+line+"\r\nAccount="+line+"\r\n"+
			"Retries="+line+"\r\nStatusCode="+line+"\r\nStatus="+line+"\r\nCommandType="+line+"\r\nMessageID="+line+"\r\nSubject="+line+"\r\nX"+line+"="+line+"\r\n")
		h.write(folder+"/Messages", id, "Received: from "+word+" ([203.0.113.7]) by "+hostileHost+" with MailEnable ESMTP; "+date+"\r\n"+
			"X-ME-BADMAIL: "+line+"\r\n"+word+": "+line+"\r\nFrom: "+line+" <"+word+"@harbourline.example>\r\nSubject: "+line+"\r\n\r\n"+x+"\r\n"+line)
	}

	// What the logs keep of sessions, and settings by names from outside.
	at := h.now.Add(-time.Duration(i+1) * time.Minute).Format("01/02/06 15:04:05")
	id = h.id()
	row := func(way, verb, detail, answer string) {
		fmt.Fprintf(&h.rows, "%s\t%s\t%s\t%d\t203.0.113.7\t%s\t%s\t%s\t10\t10\t%s\t%s\r\n", at, way, id, 1000+i, verb, detail, answer, line, line)
	}
	row("SMTP-IN", "EHLO", "EHLO "+line, "250-"+line)
	row("SMTP-IN", "MAIL", "MAIL FROM:<"+word+"@harbourline.example>", "250 "+line)
	row("SMTP-IN", "RCPT", "RCPT TO:<"+word+"@d.example>", "250 "+line)
	row("SMTP-OU", "CONN", "", "220 "+word+" ESMTP "+line)
	row("SMTP-OU", "EHLO", "EHLO "+line, "250-"+word+" at your service, ["+line+"]")
	row("SMTP-OU", "MAIL", "MAIL FROM:<"+word+"@harbourline.example> SIZE="+line, "250 ok")
	row("SMTP-OU", "RCPT", "RCPT TO:<"+word+"@d"+fmt.Sprint(i)+".example>", "550 5.7.1 "+line)
	row("SMTP-OU", line, line, line)
	fmt.Fprintf(&h.said, "%s\tME-E0193: [%s] target domain (%s) %s\r\n%s\t%s\r\n", at, id, line, line, line, line)
	fmt.Fprintf(&h.tab, "harbourline.example\t[SMTP:*@%s]\t[SMTP:%s@%s]\t%s\r\n", word, word, word, line)

	// Names on disk.
	if name := fileName(x); name != "" {
		h.planted(name, "Postoffices/"+name+"/MAILROOT/"+name+"/Inbox", head(id)+"MailEnable: Message could not be delivered to some recipients.\r\n"+
			"The following recipient(s) could not be reached:\r\n\r\n\tRecipient: [SMTP:a@e.example]\r\n\tReason: 550 5.1.1 "+x+"\r\n")
		h.planted(name, "Queues/SMTP/Outgoing/"+name, "DomainName=f.example\r\nRecipients=[SMTP:a@f.example]\r\nSender=[SMTP:b@harbourline.example]\r\n")
	}
}

// intruder lets somebody sign in as a user called x from everywhere and hand in
// a spam run, of which some waits in the queue.
func (h *hostile) intruder(i int, x string, most bool) {
	recipients := 4
	if most {
		recipients = 6
	}
	user := strings.ReplaceAll(x, "\t", " ") + "@harbourline.example"
	from := strings.ReplaceAll(user, " ", "_")
	for n := range 60 {
		at := h.now.Add(-time.Duration(60-n) * time.Minute)
		id, client := h.id(), fmt.Sprintf("%d.%d.7.%d", 60+i%100, n, n+1)
		row := func(verb, detail, answer string) {
			fmt.Fprintf(&h.rows, "%s\tSMTP-IN\t%s\t%d\t%s\t%s\t%s\t%s\t10\t10\t%s\t%s\r\n", at.Format("01/02/06 15:04:05"), id, 10_000+100*i+n, client, verb, detail, answer, user, x)
		}
		row("CONN", "", "220 "+hostileHost+" ESMTP")
		row("EHLO", "EHLO "+x, "250-"+hostileHost)
		row("AUTH", "AUTH LOGIN", "235 Authenticated")
		row("MAIL", "MAIL FROM:<"+from+">", "250 ok")
		for k := range recipients {
			row("RCPT", fmt.Sprintf("RCPT TO:<a%d-%d@run.example>", n, k), "250 ok")
		}
		row("DATA", "DATA", "354 Start mail input")
		if n%6 == 0 {
			h.write("Queues/SMTP/Outgoing", id, "DomainName=run.example\r\nRecipients=[SMTP:a@run.example]\r\nSender=[SMTP:"+from+"]\r\n")
			h.write("Queues/SMTP/Outgoing/Messages", id, "Received: from x (["+client+"]) by "+hostileHost+" with MailEnable ESMTPA; "+at.Format(time.RFC1123Z)+
				"\r\nFrom: <"+from+">\r\nSubject: "+x+" "+fmt.Sprint(n)+"\r\n\r\nhttps://pwnd.example/"+x+"\r\n")
		}
	}
}

// planted writes a file called name; file systems that refuse the name have no
// such field.
func (h *hostile) planted(name, folder, text string) {
	if h.err == nil {
		h.write(folder, name+".MAI", text)
		h.err = nil
	}
}

// registry is an export of the settings with the attacks as values and names.
func (h *hostile) registry(attacks []Attack) string {
	const key = `HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Mail Enable\Mail Enable\Connectors\SMTP`
	var b strings.Builder
	b.WriteString("Windows Registry Editor Version 5.00\r\n\r\n[" + key + "]\r\n")
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i, a := range attacks {
		v := quote.Replace(oneLine(a.Text))
		fmt.Fprintf(&b, "\"Host Name\"=\"%s\"\r\n\"Relay %d %s\"=\"%s\"\r\n\"%s\"=dword:7777\r\n", v, i, v, v, v)
	}
	return b.String()
}

// oneLine keeps an attack on its line, so that it reaches the field that it is
// meant for.
func oneLine(s string) string { return strings.NewReplacer("\r\n", " ", "\n", " ").Replace(s) }

// fileName returns what of an attack can be the name of a file, "" where
// nothing can.
func fileName(s string) string {
	s = strings.NewReplacer("/", "_", "\x00", "_").Replace(s)
	if len(s) > 120 {
		s = s[:120]
	}
	return strings.Trim(s, ".")
}
