// Package dnsq asks the DNS and keeps everything that came back: records,
// rcode, server, transport, time and extended errors. An answer is never
// reduced to yes or no, because "there is no such name", "the server refused"
// and "nothing came" mean different things to a mail administrator.
//
// It stands on github.com/miekg/dns and adds what that library leaves to its
// users: several servers in rounds, TCP on truncation, comparison of the
// question, cancellation that ends a waiting read, a bound on questions in
// flight, one question for many who ask the same, and a cache.
package dnsq
