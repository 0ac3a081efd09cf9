// Package check holds the live checks: each asks the DNS or an SMTP server
// about one subject and returns a finding with its evidence. A Runner runs the
// checks of a request side by side and hands out findings as they come.
//
// The checks do no harm: DNS questions are few, an SMTP session never gets as
// far as DATA and never sends AUTH or VRFY, and the relay check stops before a
// server that counts refused recipients bans the address it came from.
package check
