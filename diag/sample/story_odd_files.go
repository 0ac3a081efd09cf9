package sample

import (
	"fmt"
	"strings"
	"time"
)

// defaultOdd is what the default sample holds exactly once, however big it is.
func defaultOdd(w *traffic) []piece {
	o := &oddities{traffic: w}
	o.everyForm()
	o.mentions()
	o.broken()
	o.names()
	o.twice()
	o.late()
	o.journeys()
	o.untold()
	o.visitors()
	return o.out
}

// everyForm writes each kind of notice in each encoding and line end.
func (o *oddities) everyForm() {
	ago := 3 * time.Hour
	for _, k := range []struct{ domain, says string }{
		{"example.com", "cisco"}, {"webpost.example", "nemesis-rdns"}, {"northgate-legal.example", "gmail-ptr"},
		{"borough-council.example", "zen-css"},
	} {
		for i, m := range []ndrMIME{mimeNone, mimeQuoted, mimeBase64, mimeMixed, mimeReport, mimeAlternate} {
			ago += 7 * time.Minute
			o.refusal(ago, k.domain, k.says, "info@brandt-freight.example", func(sh *shipment) {
				sh.rcpts = sh.rcpts[:1]
			}, func(n *ndr) {
				n.form = ndrForm{mime: m, lf: i%2 == 0, quote: quoteHeaders, urlAlone: i%3 == 0, sameLine: i == 1, joined: i == 2, subject: i > 2, received: i%2 == 1}
			})
		}
	}
	// Without a header block.
	for _, says := range []struct{ domain, says string }{{"example.com", "cisco"}, {"borough-council.example", "zen-css"}} {
		for _, lf := range []bool{false, true} {
			ago += 11 * time.Minute
			o.refusal(ago, says.domain, says.says, "dispatch@brandt-freight.example", nil, func(n *ndr) {
				n.original.returnPath = n.to
				n.form = ndrForm{bare: true, lf: lf, quote: quoteHeaders}
			})
		}
	}
	// One more without even a sender.
	o.refusal(5*time.Hour, "webpost.example", "nemesis-rdns", "store@brandt-freight.example", nil, func(n *ndr) {
		n.form = ndrForm{bare: true}
	})
	// Several recipients, only the first line of each reply; the reply alone.
	for i, unsaid := range []bool{false, true} {
		o.refusal(time.Duration(9+i)*time.Hour, "borough-council.example", "zen-css", "anna@harbourline.example", func(sh *shipment) {
			sh.rcpts = []string{"office@borough-council.example", "m.lang@borough-council.example", "Sales@Borough-Council.example"}
		}, func(n *ndr) {
			n.form = ndrForm{unsaid: unsaid, firstLine: !unsaid, quote: quoteContents}
		})
	}
	// A whole newsletter's worth of recipients in one notice.
	o.refusal(11*time.Hour, "borough-council.example", "zen-css", "news@seawind-travel.example", func(sh *shipment) {
		sh.rcpts = nil
		for i := range 14 {
			sh.rcpts = append(sh.rcpts, fmt.Sprintf("reader.%02d@borough-council.example", i))
		}
	}, func(n *ndr) { n.form = ndrForm{quote: quoteHeaders} })
	for i := range 3 {
		o.refusal(time.Duration(50+30*i)*time.Hour, "nosuch-supplier.test", "unregistered", "desk@olm-clinic.example", nil, func(n *ndr) {
			n.form = ndrForm{lf: i == 1, mime: []ndrMIME{mimeNone, mimeQuoted, mimeReport}[i], quote: quoteHeaders}
		})
	}
}

// mentions are ordinary messages that talk about bounces.
func (o *oddities) mentions() {
	const me = "anna@harbourline.example"
	o.single(me, ordinary{subject: "ME-E0193?", body: "Hi,\n\nwhat does ME-E0193 mean? I got it twice today.\n"})
	o.single(me, ordinary{subject: "Re: Message Delivery Failure", body: "See below.\n\n" + o.forwardedNotice("> ")})
	o.single(me, ordinary{subject: "FW: Message Delivery Failure", from: "kate@seawind-travel.example", body: "FYI, again the same.\n\n-----Original Message-----\n" + o.forwardedNotice("")})
	o.single(me, ordinary{subject: "FW: Message Delivery Failure", kind: 1, lf: true, body: "This came back:\n\n" + o.forwardedNotice("")})
	o.single(me, ordinary{subject: "Fwd: bounce", kind: 3, body: "Please help.\n\n" + o.forwardedNotice("| ")})
	o.single(me, ordinary{subject: "Digest: administrators' mailing list", kind: 2, body: "1. MailEnable: Message Delivery Failure.\n2. Reason: ME-E0193 at one provider\n3. 550 5.1.1 user unknown\n"})
	// The notice as an attachment of a person's message.
	attached := "This is what I received.\n"
	o.single("dr.olm@olm-clinic.example", ordinary{
		subject: "bounce attached", from: "j.ortiz@fabrikam.example",
		header: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_fwd\"\n",
		body:   "--=_fwd\nContent-Type: text/plain\n\n" + attached + "\n--=_fwd\nContent-Type: message/rfc822\n\n" + o.forwardedNotice("") + "\n--=_fwd--\n",
	})
}

// broken are files that cannot be read, and pairs with one half missing.
func (o *oddities) broken() {
	s := o.site
	now := o.ago(90 * time.Minute)
	env := func(id, to string) envelopeText {
		return envelopeText{
			id: id, domain: strings.SplitN(to, "@", 2)[1], recipients: []string{to}, sender: "news@seawind-travel.example", acquired: now,
			clientIP: "203.0.113.17", signedIn: true, user: "news@seawind-travel.example", account: "seawind-travel.example",
			status: "Unsent", command: "NDR", subject: "Offer 2291",
		}
	}
	message := func(d dice, id, to string) func([]byte) []byte {
		return o.outgoing(d, id, author{box: o.box("news@seawind-travel.example"), client: "203.0.113.17", subject: "Offer 2291"}, to, now)
	}
	box := s.senders[0].inbox()
	d := o.roll()
	o.add(piece{files: []file{
		{folder: box, name: d.id(), at: now, unreadable: true},
		{folder: box, name: d.id(), at: now, unreadable: true, body: binary(d, 4096)},
		{folder: badMail, name: d.id(), at: now, unreadable: true, orphan: true},
	}})
	one := mark{domain: "example.org", waiting: 1}
	// Both halves there, one of them empty or binary.
	id := d.id()
	p := piece{files: pair(outgoing, id, now, now, env(id, "office@example.org"), binary(d, 2048)), marks: []mark{one}}
	p.files[1].unreadable = true
	o.add(p)
	id = d.id()
	p = piece{files: pair(outgoing, id, now, now, env(id, "office@example.org"), message(d, id, "office@example.org"))}
	p.files[0].body, p.files[0].unreadable = nil, true
	o.add(p)
	// Command file alone, message alone, in every kind of folder.
	id = d.id()
	o.add(piece{files: []file{{folder: outgoing, name: id, at: now, body: env(id, "info@example.org").append, orphan: true}}, marks: []mark{one}})
	for _, folder := range []string{outgoing, inbound, quarantine} {
		id = d.id()
		o.add(piece{files: []file{{folder: folder, sub: messages, name: id, at: now, body: message(d, id, "info@example.org"), orphan: true}}})
	}
	id = d.id()
	e := env(id, "info@example.org")
	e.domain = ""
	o.add(piece{files: []file{{folder: badMail, name: id, at: now, body: e.append, orphan: true}}})
	// A notice in Bad Mail that lost its command file still tells of a failure.
	o.refusal(28*24*time.Hour, "old-partner.example", "relay", "k.brandt@brandt-freight.example", nil, func(n *ndr) { n.form = ndrForm{badMail: true} })
	last := &o.out[len(o.out)-1]
	f := &last.files[0]
	f.folder, f.sub, f.orphan = badMail, messages, true
	// A command file as no manual shows it.
	id = d.id()
	o.add(piece{
		files: pair(outgoing, id, now, now, envelopeText{
			id: id, domain: "example.org", recipients: []string{"sales@example.org"}, sender: "anna@harbourline.example", acquired: now,
			clientIP: "not-an-address", status: "Unsent", command: "DELIVER", subject: "=1+1;2",
			extra: "X-Future=yes\r\nthis is no pair\r\nNextTry=soon\r\n",
		}, message(d, id, "sales@example.org")),
		marks: []mark{one},
	})
}

// names are files whose names differ from the usual.
func (o *oddities) names() {
	d := o.roll()
	m := o.box("desk@olm-clinic.example")
	at := o.ago(26 * time.Hour)
	plain := func(id string) *ordinary {
		return &ordinary{id: id, host: o.site.host, from: pick(d, o.site.foreign), to: m.address, subject: "Appointment", date: o.traffic.at(at), clientIP: "203.0.113.27"}
	}
	for _, name := range []string{strings.ToLower(d.id()), "59769876.MAI", strings.Replace(d.id(), ".MAI", ".Mai", 1)} {
		o.add(piece{files: []file{{folder: m.inbox(), name: name, at: at, body: plain(d.id()).append}}})
	}
	// Nobody reads these: other names, other folders.
	notice := o.forwardedNotice("")
	first := o.site.mailboxes[0]
	base := strings.TrimSuffix(first.inbox(), "Inbox")
	o.add(piece{files: []file{
		{folder: m.inbox(), name: d.id() + ".tmp", at: at, body: raw("half written"), uncounted: true},
		{folder: base + deletedItems, name: d.id(), at: at, body: raw(notice), uncounted: true},
		{folder: base + "Sent Items", name: d.id(), at: at, body: plain(d.id()).append, uncounted: true},
	}})
}
