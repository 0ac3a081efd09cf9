package sample

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// perNotice is how many recipients a notice of a long list names.
const perNotice = 2000

// WriteLongList makes an installation below root whose notices name n
// recipients of one domain, each a failure of its own: a long list at the cost
// of few files, for measuring. The notices are a minute apart, the newest a
// minute before now.
func WriteLongList(root string, n int, now time.Time) error {
	dir := filepath.Join(root, "Postoffices", "bench", "MAILROOT", "list", "Inbox")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file := 1; n > 0; file++ {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: \"Delivery Subsystem\" <postmaster@bench.example>\r\nTo: <list@bench.example>\r\nSubject: Message Delivery Failure\r\nDate: %s\r\nX-MEFilter: 1\r\n\r\n",
			now.Add(-time.Duration(file)*time.Minute).Format(time.RFC1123Z))
		b.WriteString("MailEnable: Message could not be delivered to some recipients.\r\n")
		for range min(n, perNotice) {
			fmt.Fprintf(&b, "\r\n\tRecipient: [SMTP:reader%07d@many.example]\r\n\tReason: 550 5.7.1 Service refused, client host [198.51.100.25] blocked using zen.spamhaus.org\r\n", n)
			n--
		}
		path := filepath.Join(dir, fmt.Sprintf("%032X.MAI", file))
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(path, now, now); err != nil {
			return err
		}
	}
	return nil
}
