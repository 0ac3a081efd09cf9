package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// WriteLongQueue makes an installation below root whose outgoing queue holds n
// pairs of command file and message: nine of ten are one spam run, the others
// are everybody's. They entered the queue a second after the other, the newest
// at now.
func WriteLongQueue(root string, n int, now time.Time) error {
	dir := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	if err := os.MkdirAll(filepath.Join(dir, "Messages"), 0o755); err != nil {
		return err
	}
	for i := range n {
		since := now.Add(-time.Duration(n-i) * time.Second)
		name := fmt.Sprintf("%032X.MAI", i+1)
		e := envelopeText{
			id: name, domain: fmt.Sprintf("many%03d.example", i%200), command: "NDR", sender: "info@bench.example", user: "info@bench.example",
			account: "bench.example", signedIn: true, clientIP: fmt.Sprintf("203.0.113.%d", i%41), acquired: since, status: "Unsent",
			subject: "Your parcel " + strconv.Itoa(i), retries: i % 4,
		}
		if e.retries > 0 {
			e.statusCode = 4
		}
		if i%10 == 0 {
			e.sender = fmt.Sprintf("mailbox%02d@bench.example", i/10%40)
			e.user, e.subject, e.clientIP = e.sender, "Delivery on Thursday", "203.0.113.200"
		}
		e.recipients = []string{fmt.Sprintf("reader%07d@%s", i, e.domain)}
		message := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\n\r\nHello\r\n", e.sender, e.recipients[0], e.subject, since.Format(time.RFC1123Z))
		for path, text := range map[string][]byte{name: e.append(nil), filepath.Join("Messages", name): []byte(message)} {
			path = filepath.Join(dir, path)
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return err
			}
			if err := os.Chtimes(path, since, since); err != nil {
				return err
			}
		}
	}
	return nil
}
