package sample

import (
	"strings"
	"time"
)

// ndrKind is which of MailEnable's notices a text is.
type ndrKind int

const (
	ndrDomain     ndrKind = iota // ME-E0193: the domain refused
	ndrRecipients                // recipients, each with its reason
	ndrDelay                     // still trying, by domain, with the queue file's id
	ndrDelayNamed                // still trying, by recipient
)

// ndrItem is one recipient of a notice with the lines that the remote server
// said, or MailEnable's own reason where local.
type ndrItem struct {
	address string
	lines   []string
	local   bool
}

// ndrOriginal is what a notice quotes of the refused message.
type ndrOriginal struct {
	messageID  string
	from       string
	to, cc     []string
	subject    string
	date       time.Time
	clientIP   string
	returnPath string // "" leaves the line out
}

// ndr is one notice of MailEnable.
type ndr struct {
	kind     ndrKind
	id       string // queue file of the notice itself
	about    string // queue file of the refused message
	host     string
	to       string
	domain   string // the target domain as the text names it
	items    []ndrItem
	original ndrOriginal
	date     time.Time // in the server's zone
	form     ndrForm
}

// ndrForm is how a notice is written down; all forms say the same.
type ndrForm struct {
	lf        bool // LF instead of CRLF
	mime      ndrMIME
	bare      bool // no header block: the text alone
	received  bool // a Received line comes first
	subject   bool // the original's subject follows the notice's own
	sameLine  bool // the reply starts on the line of "The server returned:"
	joined    bool // reply lines are joined with blanks
	firstLine bool // only the first line of each reply is kept (recipients)
	urlAlone  bool // a link at the end stands on a line of its own, without code
	unsaid    bool // "Remote SMTP Server Returned:" is left out
	quote     ndrQuote
	badMail   bool // with the trailer and header of Bad Mail
}

type ndrQuote int

const (
	quoteNothing ndrQuote = iota
	quoteHeaders
	quoteContents
)

// text is the notice's text with LF line ends.
func (n *ndr) text() string {
	var b strings.Builder
	switch n.kind {
	case ndrDomain:
		b.WriteString("MailEnable: Message Delivery Failure.\n\n")
		b.WriteString("Reason: ME-E0193: [" + n.about + "] Message Delivery Failure.\n\n")
		b.WriteString("Your message addressed to the target domain (" + n.domain + ") could not be delivered because the mail server responsible for this domain returned a permanent error.\n\n")
		n.returned(&b)
	case ndrDelay:
		b.WriteString("MailEnable: Message delivery has been delayed.\n\n")
		b.WriteString("Message is waiting at " + n.host + " for delivery to " + n.domain + ".\n\n")
		b.WriteString("Reason: [" + n.about + "] Message delivery has been delayed.\n\n")
		if len(n.items) > 0 {
			n.returned(&b)
		}
	case ndrRecipients, ndrDelayNamed:
		if n.kind == ndrRecipients {
			b.WriteString("MailEnable: Message could not be delivered to some recipients.\n")
			b.WriteString("The following recipient(s) could not be reached:\n\n")
		} else {
			b.WriteString("MailEnable: Message delivery has been delayed.\n")
			b.WriteString("The following recipient(s) have not been reached yet:\n\n")
		}
		for _, it := range n.items {
			n.reason(&b, it)
		}
	}
	n.quoted(&b)
	if n.form.badMail {
		b.WriteString("\nBAD: The notice could not be delivered to its recipient.\n")
	}
	return b.String()
}

// returned writes the block after "The server returned:".
func (n *ndr) returned(b *strings.Builder) {
	b.WriteString("The server returned:")
	lines := n.items[0].lines
	switch {
	case n.form.joined:
		lines = []string{strings.Join(lines, " ")}
	case n.form.urlAlone:
		lines = linkAlone(lines)
	}
	if n.form.sameLine {
		b.WriteString(" ")
	} else {
		b.WriteString("\n\n")
	}
	b.WriteString(strings.Join(lines, "\n"))
	b.WriteString("\n\n")
}

// linkAlone moves a link that ends the last line to a line of its own.
func linkAlone(lines []string) []string {
	last := lines[len(lines)-1]
	i := strings.LastIndex(last, " http")
	if i < 0 || strings.Contains(last[i+1:], " ") {
		return lines
	}
	out := append([]string{}, lines[:len(lines)-1]...)
	return append(out, last[:i], last[i+1:])
}

func (n *ndr) reason(b *strings.Builder, it ndrItem) {
	b.WriteString("\tRecipient: [SMTP:" + it.address + "]\n\tReason: ")
	lines := it.lines
	if !it.local && !n.form.unsaid {
		b.WriteString("Remote SMTP Server Returned: ")
	}
	switch {
	case n.form.firstLine:
		lines = lines[:1]
	case n.form.joined || n.form.unsaid:
		lines = []string{strings.Join(lines, " ")}
	}
	b.WriteString(strings.Join(lines, "\n"))
	b.WriteString("\n\n")
	if it.local {
		b.WriteString("Reason Code: Invalid Domain Name\nError Number: 9003\n\n")
	}
}

func (n *ndr) quoted(b *strings.Builder) {
	if n.form.quote == quoteNothing {
		return
	}
	if n.form.quote == quoteHeaders {
		b.WriteString("Message headers follow:\n\n")
	} else {
		b.WriteString("Message contents follow:\n\n")
	}
	n.headers(b)
	if n.form.quote == quoteContents {
		b.WriteString("\nHello,\n\nplease find the details below.\n\nKind regards\n")
	}
}

// headers writes the header block of the refused message.
func (n *ndr) headers(b *strings.Builder) {
	o := &n.original
	when := o.date.Format(time.RFC1123Z)
	b.WriteString("Received: from [" + o.clientIP + "] ([" + o.clientIP + "]) by " + n.host + " with MailEnable ESMTPA; " + when + "\n")
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n")
	b.WriteString("From: <" + o.from + ">\n")
	b.WriteString("To: " + addressList(o.to) + "\n")
	if len(o.cc) > 0 {
		b.WriteString("Cc: " + addressList(o.cc) + "\n")
	}
	b.WriteString("Subject: " + o.subject + "\nDate: " + when + "\nMessage-ID: <" + o.messageID + ">\n")
	if o.returnPath != "" {
		b.WriteString("Return-Path: <" + o.returnPath + ">\n")
	}
}

func addressList(addresses []string) string {
	if len(addresses) == 0 {
		return "undisclosed-recipients:;"
	}
	return "<" + strings.Join(addresses, ">, <") + ">"
}
