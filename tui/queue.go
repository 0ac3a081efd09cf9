package tui

import (
	"metriage/diag/triage"

	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// queueSection lists what lies in the queues, Bad Mail and Quarantine.
func queueSection() section {
	return section{
		id: "queue", title: "Queue", place: inQueue,
		levels: []level{folderLevel(), queueLevel()},
		tabs:   []tab{{title: "Message", group: "Folder", build: messageTab}, {title: "Raw", build: rawTab}},
	}
}

func folderLevel() level {
	f := func(row any) triage.QueueFolder { return row.(triage.QueueFolder) }
	return level{
		one: "folder", many: "folders",
		columns: []column{
			{title: "FOLDER", width: 16, want: 18, grow: 3, text: func(m *Model, r any) string { return m.safe(folderName(f(r))) },
				less: func(a, b any) int { return cmp.Compare(f(a).Name, f(b).Name) }},
			{title: "MESSAGES", width: 8, right: true, text: func(_ *Model, r any) string { return count(f(r).Messages) }, role: func(_ *Model, r any) role {
				if f(r).Messages == 0 {
					return roleFaint
				}
				return roleStrong
			}, less: func(a, b any) int { return cmp.Compare(f(b).Messages, f(a).Messages) }},
			{title: "OLDEST", width: 6, right: true, drop: 2, text: func(m *Model, r any) string { return m.age(f(r).Oldest) },
				less: func(a, b any) int { return f(a).Oldest.Compare(f(b).Oldest) }},
			{title: "NEWEST", width: 6, right: true, drop: 3, text: func(m *Model, r any) string { return m.age(f(r).Newest) },
				less: func(a, b any) int { return f(b).Newest.Compare(f(a).Newest) }},
			{title: "SIZE", width: 7, right: true, drop: 4, text: func(_ *Model, r any) string { return size(f(r).Bytes) },
				less: func(a, b any) int { return cmp.Compare(f(b).Bytes, f(a).Bytes) }},
			{title: "FAULTS", width: 6, right: true, drop: 1, text: func(_ *Model, r any) string { return count(f(r).Orphans + f(r).Unreadable) }, role: func(_ *Model, r any) role {
				if f(r).Orphans+f(r).Unreadable > 0 {
					return roleWarn
				}
				return roleFaint
			}, less: func(a, b any) int { return cmp.Compare(f(b).Orphans+f(b).Unreadable, f(a).Orphans+f(a).Unreadable) }},
		},
		load: func(d *data, _ string) []int32 {
			out := make([]int32, len(d.folders))
			for i := range out {
				out[i] = int32(i)
			}
			return out
		},
		key:   func(d *data, n int32) string { return d.folders[n].Path },
		row:   func(d *data, n int32) any { return d.folders[n] },
		name:  func(r any) string { return folderName(f(r)) },
		empty: func(*Model) string { return "This installation has no queue folders." },
		field: func(r any, name string) (string, bool) {
			switch name {
			case "", "folder", "name":
				return f(r).Name, true
			case "fault":
				return yesIf(f(r).Orphans+f(r).Unreadable > 0), true
			}
			return "", false
		},
	}
}

// folderName leaves out what all queue folders begin with, so that the part
// that differs is in sight.
func folderName(f triage.QueueFolder) string {
	name, of := f.Name, ""
	switch {
	case f.Held:
		of = "held: "
		name = below(name, 2)
	case f.Trash:
		of = "trash: "
		name = below(name, 3)
	}
	if len(name) > 7 && strings.EqualFold(name[:7], "Queues/") {
		name = name[7:]
	}
	return of + name
}

// below leaves out the first n parts of a path.
func below(name string, n int) string {
	for ; n > 0; n-- {
		if i := strings.IndexByte(name, '/'); i >= 0 {
			name = name[i+1:]
		}
	}
	return name
}

func queueLevel() level {
	q := func(row any) queueRow { return row.(queueRow) }
	return level{
		one: "message", many: "messages",
		columns: []column{
			{title: "AGE", width: 4, right: true, text: func(m *Model, r any) string { return m.age(q(r).Since) },
				less: func(a, b any) int { return q(a).Since.Compare(q(b).Since) }},
			{title: "DESTINATION", width: 13, grow: 2, text: func(m *Model, r any) string { return m.safe(dest(q(r).QueueMessage)) },
				less: func(a, b any) int { return cmp.Compare(dest(q(a).QueueMessage), dest(q(b).QueueMessage)) }},
			{title: "SENDER", width: 12, grow: 2, drop: 3, text: func(m *Model, r any) string { return m.safe(queueSender(q(r).QueueMessage)) },
				less: func(a, b any) int { return cmp.Compare(queueSender(q(a).QueueMessage), queueSender(q(b).QueueMessage)) }},
			{title: "TRIES", width: 5, right: true, drop: 2, text: func(_ *Model, r any) string { return strconv.Itoa(q(r).Retries) }, role: func(_ *Model, r any) role {
				if q(r).Retries > 0 {
					return roleWarn
				}
				return rolePlain
			}, less: func(a, b any) int { return cmp.Compare(q(b).Retries, q(a).Retries) }},
			{title: "NEXT", width: 6, drop: 6, text: func(m *Model, r any) string { return m.soon(q(r).Next) },
				full: func(r any) string { return estimatedAt(q(r).Next) },
				less: func(a, b any) int { return compareSoon(q(a).Next, q(b).Next) }},
			{title: "GIVES UP", width: 8, drop: 5, text: func(m *Model, r any) string { return m.soon(q(r).GiveUp) },
				full: func(r any) string { return estimatedAt(q(r).GiveUp) },
				less: func(a, b any) int { return compareSoon(q(a).GiveUp, q(b).GiveUp) }},
			{title: "STATUS", width: 10, drop: 1, text: func(m *Model, r any) string { return m.safe(queueStatus(q(r).QueueMessage)) }, role: func(_ *Model, r any) role {
				if !q(r).HasEnvelope || !q(r).HasMessage {
					return roleWarn
				}
				return rolePlain
			}, less: func(a, b any) int { return cmp.Compare(queueStatus(q(a).QueueMessage), queueStatus(q(b).QueueMessage)) }},
			{title: "SUBJECT", width: 12, grow: 3, drop: 4, text: func(m *Model, r any) string { return m.safe(q(r).Subject) },
				less: func(a, b any) int { return cmp.Compare(q(a).Subject, q(b).Subject) }},
			{title: "USER", width: 18, grow: 1, drop: 7, text: func(m *Model, r any) string { return m.safe(q(r).User) },
				less: func(a, b any) int { return cmp.Compare(q(a).User, q(b).User) }},
			{title: "CLIENT", width: 15, drop: 8, text: func(_ *Model, r any) string { return clientOf(q(r).QueueMessage) },
				less: func(a, b any) int { return q(a).ClientIP.Compare(q(b).ClientIP) }},
			{title: "SIZE", width: 7, right: true, drop: 9, text: func(_ *Model, r any) string { return size(q(r).Size) },
				less: func(a, b any) int { return cmp.Compare(q(b).Size, q(a).Size) }},
			{title: "TYPE", width: 8, drop: 10, text: func(m *Model, r any) string { return m.safe(q(r).Command) },
				less: func(a, b any) int { return cmp.Compare(q(a).Command, q(b).Command) }},
			{title: "RECIPIENT", width: 20, grow: 1, drop: 11, text: func(m *Model, r any) string { return m.safe(q(r).Recipient) },
				less: func(a, b any) int { return cmp.Compare(q(a).Recipient, q(b).Recipient) }},
			{title: "ACCOUNT", width: 14, drop: 12, text: func(m *Model, r any) string { return m.safe(q(r).Account) },
				less: func(a, b any) int { return cmp.Compare(q(a).Account, q(b).Account) }},
		},
		load: func(d *data, parent string) []int32 { return d.view.QueueRows(parent) },
		key:  func(d *data, n int32) string { return d.view.QueueMessage(n).ID },
		row:  func(d *data, n int32) any { return d.queueRow(n) },
		name: func(r any) string { return q(r).ID },
		same: func(r any) string { return "status:" + cmp.Or(q(r).Status, "-") },
		extra: []extraField{
			{"id", func(r any) string { return q(r).ID }},
			{"since", func(r any) string { return q(r).Since.Format(time.RFC3339) }},
		},
		empty: func(m *Model) string {
			if f, ok := m.selectedFolder(); ok && f.Unreadable > 0 {
				return "Nothing that lies in this folder could be read; the detail says why."
			}
			return "This folder is empty."
		},
		field: func(r any, name string) (string, bool) {
			x := q(r).QueueMessage
			switch name {
			case "":
				return strings.Join([]string{x.ID, dest(x), x.Recipient, queueSender(x), x.Account, x.User, queueStatus(x), x.Command, x.Subject}, " "), true
			case "fault":
				return yesIf(!x.HasEnvelope || !x.HasMessage), true
			case "to", "recipient":
				return x.Recipient, true
			case "domain", "destination":
				return x.Destination, true
			case "from", "sender":
				return queueSender(x), true
			case "account":
				return x.Account, true
			case "user":
				return x.User, true
			case "client", "ip":
				return clientOf(x), true
			case "status", "state":
				return queueStatus(x), true
			case "tries", "retries":
				return strconv.Itoa(x.Retries), true
			case "code":
				return strconv.Itoa(x.StatusCode), true
			case "recipients":
				return strconv.Itoa(x.Recipients), true
			case "size":
				return strconv.FormatInt(x.Size, 10), true
			case "command", "type":
				return x.Command, true
			case "subject":
				return x.Subject, true
			case "id":
				return x.ID, true
			}
			return "", false
		},
	}
}

func dest(q triage.QueueMessage) string {
	switch {
	case q.Destination == "" && q.Recipient == "":
		return "(unknown)"
	case q.Destination == "":
		return q.Recipient
	case q.Recipients > 1:
		return fmt.Sprintf("%s (%d)", q.Destination, q.Recipients)
	}
	return q.Destination
}

func queueSender(q triage.QueueMessage) string {
	switch {
	case q.NullSender:
		return "<> (a bounce)"
	case q.Sender == "":
		return "(unknown)"
	}
	return q.Sender
}

// clientOf is the address that handed a message in, "" where it is not known.
func clientOf(q triage.QueueMessage) string {
	if !q.ClientIP.IsValid() {
		return ""
	}
	return q.ClientIP.String()
}

func queueStatus(q triage.QueueMessage) string {
	switch {
	case !q.HasEnvelope:
		return "no envelope"
	case !q.HasMessage:
		return "no message"
	case q.Status == "":
		return "-"
	}
	return q.Status
}

// size writes a number of bytes in three digits at most.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for v >= 1000 && u < len(units)-1 {
		v /= 1000
		u++
	}
	if u == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
