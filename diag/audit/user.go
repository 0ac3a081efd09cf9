package audit

import "strings"

// userName is the name of a user as logs write it, in lower case:
// "mailbox@postoffice". Command files may hold the mailbox alone, with the
// postoffice as account.
func userName(user, account string) string {
	user, account = strings.ToLower(strings.TrimSpace(user)), strings.ToLower(strings.TrimSpace(account))
	if user == "" || account == "" || strings.Contains(user, "@") {
		return user
	}
	return user + "@" + account
}

// sameUser reports whether two names may be those of one user: they are equal,
// or one of them lacks its postoffice.
func sameUser(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	x, _, long := strings.Cut(a, "@")
	y, _, other := strings.Cut(b, "@")
	return long != other && strings.EqualFold(x, y)
}

// user is the user who handed the message in, "" for nobody.
func (r QueueRow) user() string { return userName(r.User, r.Account) }

// otherName is a user's name with the postoffice where they signed in with an
// address of another domain, "" where it is not known.
func (f *facts) otherName(user string) string {
	account, mailbox, ok := strings.Cut(f.mailboxOf(user), "/")
	if !ok {
		return ""
	}
	return userName(mailbox, account)
}

// queuedBy returns what waits of a user, nil for nothing.
func (f *facts) queuedBy(user string) *queued {
	q := &f.queue
	for _, name := range []string{user, f.otherName(user)} {
		if x := q.users[name]; x != nil && name != "" {
			return x
		}
	}
	mailbox, _, long := strings.Cut(user, "@")
	if long {
		return q.users[mailbox]
	}
	return q.users[q.mailboxes[mailbox]]
}

// mailboxNames finds users by the mailbox alone, where only one has it.
func (q *queueFacts) mailboxNames() map[string]string {
	out := map[string]string{}
	for name := range q.users {
		mailbox, _, long := strings.Cut(name, "@")
		if _, twice := out[mailbox]; twice {
			out[mailbox] = ""
		} else if long {
			out[mailbox] = name
		}
	}
	return out
}
