//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// perNotice is how many recipients a notice names.
const perNotice = 2000

// writeRows makes an installation with one mailbox whose notices name n
// recipients of one domain, each a failure of its own.
func writeRows(root string, n int) error {
	dir := filepath.Join(root, "Postoffices", "bench", "MAILROOT", "list", "Inbox")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	now := time.Now()
	for file := 0; n > 0; file++ {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: \"Delivery Subsystem\" <postmaster@bench.example>\r\nTo: <list@bench.example>\r\nSubject: Message Delivery Failure\r\nDate: %s\r\nX-MEFilter: 1\r\n\r\n",
			now.Add(-time.Duration(file)*time.Minute).Format(time.RFC1123Z))
		b.WriteString("MailEnable: Message could not be delivered to some recipients.\r\n")
		for range min(n, perNotice) {
			fmt.Fprintf(&b, "\r\n\tRecipient: [SMTP:reader%07d@many.example]\r\n\tReason: 550 5.7.1 Service refused, client host [198.51.100.25] blocked using zen.spamhaus.org\r\n", n)
			n--
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%032X.MAI", file+1)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
