package index

import "metriage/diag"

// take adds what one event says about the record. Events come in the order of
// time.
func (r *record) take(e *event) {
	switch e.kind {
	case ndrFailed, ndrDelayed:
		r.sources |= diag.SourceNDR
		r.path = e.path
		r.e0193 = r.e0193 || e.e0193
		r.quoted = e.quoted && r.sources == diag.SourceNDR
		if e.kind == ndrFailed {
			r.bounced = true
			r.refused(e, stateFailed)
		} else {
			r.refused(e, stateDelayed)
		}
		// The NDR has the whole reply, the log its first line.
		if e.raw != 0 {
			r.raw, r.answer, r.stage = e.raw, e.answer, e.stage
		}
	case logAccepted:
		r.sources |= diag.SourceLog
		if !r.bounced {
			r.accepted, r.state = e.when, stateAccepted
		}
	case logDeferred, logRefused:
		r.sources |= diag.SourceLog
		r.attempts++
		if e.kind == logRefused {
			r.refused(e, stateFailed)
		} else {
			r.refused(e, stateDelayed)
		}
		if r.sources&diag.SourceNDR == 0 || r.raw == 0 {
			r.raw, r.answer = e.raw, e.answer
		}
		r.stage = e.stage
	case queued, retried:
		r.sources |= diag.SourceQueue
		r.waiting = true
		if int(e.tries) > int(r.attempts) {
			r.attempts = e.tries
		}
		if r.path == 0 {
			r.path = e.path
		}
		if e.kind == retried && r.state == stateNone {
			r.refused(e, stateDelayed)
		}
	}
	keep(&r.account, e.account)
	keep(&r.subject, e.subject)
	keep(&r.host, e.host)
	keep(&r.remote, e.remote)
	if e.own != 0 {
		r.own = e.own
	}
	// The session and the envelope know the envelope sender; an NDR's may be
	// who the notice went to.
	if e.sent && (!r.sent || e.kind >= logAccepted) {
		r.sender, r.sent = e.sender, true
	}
}

func keep(to *ref, v ref) {
	if *to == 0 {
		*to = v
	}
}

// refused notes a refusal. One for good is not undone by a later one for now,
// and an acceptance by neither, unless an NDR says so.
func (r *record) refused(e *event, s state) {
	if r.state == stateFailed && s == stateDelayed || r.state == stateAccepted && !r.bounced {
		return
	}
	if r.state != s {
		r.first = e.when
		r.state = s
	}
	r.last = max(r.last, e.when)
	r.first = min(r.first, e.when)
}

// settle finishes a record when all of its events are in.
func (r *record) settle() {
	if r.attempts == 0 && r.state != stateNone && r.state != stateAccepted {
		r.attempts = 1
	}
}
