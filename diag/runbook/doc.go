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
// Three rules hold whatever the data say: nobody is told to ask for delisting
// before the steps that stop the source, nor at all where the fault lies
// elsewhere, and nothing is changed on a domain or address that is not ours.
package runbook
