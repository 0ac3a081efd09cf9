// Package runbook says what to do about a refusal: which steps, in which
// order, where to click and what to type, and which check proves each.
//
// The guidance is data. Steps are written once (data/*.toml) and runbooks pick
// from them: a runbook has conditions (cause, list or provider, situation,
// findings, words of the reply), and every runbook whose conditions hold adds
// its steps. So a listed address on Spamhaus CSS with a stolen password gets
// the steps of the cause, those of CSS and those of the stolen password, each
// once, in the phases of a plan (diag.Phases).
//
// The base is the vendor's article about ME-E0193 (ME020517); the ways out of
// lists and providers follow their own pages as the texts name them.
//
// An admin's own file has the same form. A [[step]] has
//
//	id       lower case letters, digits, hyphens; a built-in id replaces that step
//	phase    contain, work around, cure, delist, re-test, prevent, tell
//	title    what to do; why, effect: why it helps, how long it takes or what it breaks
//	where    list: where to click, whom to ask
//	do       list: records and commands, exact
//	check    ptr helo dnsbl relay spf dkim dmarc sender outbound remote; or
//	proof    in words what shows that it worked, or why nothing can
//	ledger   accepted: the ledger proves it once its destinations accept mail again
//	articles list of vendor articles ("ME020206")
//	closes   what it takes away from others: relay-local relay-range catch-all
//	         redirection password mailbox limit outgoing direct
//	changes  address or domain: left out where that is not ours
//	per      ip, list or domain: one step for each
//	letter   id of the letter that it sends
//
// and a [[runbook]] an id, causes, the conditions named, providers, situations,
// identities, findings, not_findings, words, enhanced, link (of a known list or
// provider) and link_other, the lists steps and without, and a table not_needed with a sentence for each empty phase. In
// named, "(other)" stands for a list without a runbook, "(none)" for no name at
// all and "(cleared)" for a list that does not list us any more. A runbook whose
// id begins with x- may leave out causes: a rule of one's own then asks for it.
//
// Three rules hold whatever the data say: nobody is told to ask for delisting
// before the steps that stop the source, nor at all where the fault lies
// elsewhere, and nothing is changed on a domain or address that is not ours.
package runbook
