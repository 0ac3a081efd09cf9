package sample

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"metriage/diag"
)

// recovered is how many messages each destination takes after its repair.
const recovered = 3

// Recover changes the settings of the installation of o at root as the repairs
// in done do, and appends to its Activity log what they lead to: from at on, the
// destinations that refused only for what they cure take mail again. It returns these destinations as keys, in
// the order of the story. Where at lies on another day than the newest log, a
// new one is begun, as MailEnable does at the first event of a day.
func (o Options) Recover(root string, done []string, at time.Time) (domains []string, err error) {
	st, s, err := o.site()
	if err != nil {
		return nil, err
	}
	all := s.repairs()
	if st.fixes != nil {
		all = append(all, st.fixes(s)...)
	}
	helo := s.host
	tree := &tree{root: root, names: folderNames(o.Seed, s)}
	var cured []diag.Cause
	for _, r := range all {
		if !slices.Contains(done, r.ID) {
			continue
		}
		cured = append(cured, r.Cures...)
		if r.HELO != "" {
			helo = r.HELO
		}
		if r.Unredirect {
			s.redirects = nil
			if err := tree.settings(s, at); err != nil {
				return nil, err
			}
		}
	}
	var out []byte
	for i, d := range s.destinations {
		if !d.takesAgain(cured) {
			continue
		}
		domains = append(domains, d.key)
		for k := range recovered {
			dice := newDice(o.Seed, classRecovery, i*recovered+k)
			ip := s.addresses[k%len(s.addresses)].ip // behind a pool from one after the other
			w := &words{ip: ip.String(), helo: helo, host: d.hosts[0], domain: d.domain, ref: dice.ref(14), date: at.In(s.zone).Format(time.RFC1123Z)}
			from := s.senders[k%len(s.senders)]
			w.sender, w.recipient = from.address, d.names[k%len(d.names)]+"@"+d.domain
			t := s.tell(dice, spoken{
				at: at.Add(time.Duration(k) * time.Second), id: dice.id(), to: d, sender: from.address, rcpts: []string{w.recipient},
				subject: pick(dice, s.subjects), words: w, size: 2000 + dice.IntN(3000),
			})
			t.socket = 9000 + i*recovered + k
			for r := range t.rows {
				out = t.append(out, &t.rows[r], t.at.Add(time.Duration(t.rows[r].after)*time.Second).In(s.zone))
			}
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return domains, appendLog(newLogFiles(tree.path(logFolder, ""), "SMTP-Activity-", s.zone), at, out)
}

// takesAgain reports whether d refused everything, or much, for the causes in
// cured and for nothing else that is about us.
func (d *destination) takesAgain(cured []diag.Cause) bool {
	any := false
	for _, t := range d.troubles {
		if t.since == 0 || t.forwarded || !t.said.permanent() || t.said.silent {
			continue
		}
		if !slices.Contains(cured, t.said.cause) {
			return false
		}
		any = true
	}
	return any
}

// appendLog writes rows to the log of the day of at.
func appendLog(l *logFiles, at time.Time, rows []byte) (err error) {
	at = at.In(l.zone)
	f, err := os.OpenFile(l.prefix+at.Format("060102")+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("sample log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, 2)
	if err == nil && size == 0 {
		rows = append([]byte(at.Format("[01/02/06 15:04:05]")+logStarted), rows...)
	}
	if err == nil {
		_, err = f.Write(rows)
	}
	if err != nil {
		return fmt.Errorf("sample log: %w", err)
	}
	return nil
}
