// Package reply reads what a remote SMTP server answered: it normalises the
// text, decides why the message was refused, and says which words decided.
//
// Parse undoes what logs, bounces and relays do to a reply (wrapping, repeated
// codes, transcripts, nesting, transfer encodings). A Classifier then applies
// ordered rules, which are data: the first rule that fits decides. Literals are
// looked for first, all at once, in a folded form of the text that holds no
// white space, so that a verdict does not depend on where a line was broken;
// regular expressions run only where literals hit.
//
// Nothing here does I/O, and everything is deterministic: rules, names and
// lists are slices in a fixed order.
package reply
