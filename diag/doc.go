// Package diag holds the nouns of metriage as plain values: what a MailEnable
// installation contains, what a remote server's reply says, what a live check
// found and what to do about it.
//
// Nothing here does I/O. The folders below this package each do one job with
// these values; tui shows them and cmd/metriage wires everything together.
package diag
