package index

import "metriage/diag"

// take adds what one event says about the record. Events come in the order of
// time.
func (r *draft) take(e *fact) {
	r.taken++
	switch e.kind {
	case ndrFailed, ndrDelayed:
		r.sources |= diag.SourceNDR
		r.file(e)
		if e.event.flags&isE0193 != 0 {
			r.record.flags |= recE0193
		}
		r.record.flags &^= recQuoted
		if e.event.flags&isQuoted != 0 && r.sources == diag.SourceNDR {
			r.record.flags |= recQuoted
		}
		if e.kind == ndrFailed {
			r.bounced = true
			r.refused(e, stateFailed)
		} else {
			r.refused(e, stateDelayed)
		}
		// The NDR has the whole reply, the log its first line.
		if e.raw != 0 {
			r.raw, r.answer, r.stage = e.raw, e.answer, e.event.flags&stageMask
		}
	case logAccepted:
		r.pure++
		r.bit = e.bit
		r.sources |= diag.SourceLog
		if !r.bounced {
			r.accepted, r.state = e.when, stateAccepted
		}
	case logDeferred, logRefused:
		r.sources |= diag.SourceLog
		r.logged = e.id
		r.attempts++
		if e.kind == logRefused {
			r.refused(e, stateFailed)
		} else {
			r.refused(e, stateDelayed)
		}
		if r.sources&diag.SourceNDR == 0 || r.raw == 0 {
			r.raw, r.answer = e.raw, e.answer
		}
		r.stage = e.event.flags & stageMask
	case queued, retried:
		if r.sources&diag.SourceLog == 0 {
			r.logged = e.id
		}
		r.sources |= diag.SourceQueue
		r.record.flags |= recWaiting
		if int(e.tries) > int(r.attempts) {
			r.attempts = e.tries
		}
		if r.item == 0 {
			r.file(e)
		}
		if e.kind == retried && r.state == stateNone {
			r.refused(e, stateDelayed)
		}
	}
	keep(&r.account, e.account)
	// The session and the envelope know the message's subject; an NDR's may be its
	// own.
	if e.subject != 0 && (r.subject == 0 || e.kind >= logAccepted) {
		r.subject = e.subject
	}
	keep(&r.host, e.host)
	keep(&r.remote, e.remote)
	if e.own != 0 {
		r.own = e.own
	}
	// The session and the envelope know the envelope sender; an NDR's may be
	// who the notice went to.
	if e.sent && (!r.is(recSent) || e.kind >= logAccepted) {
		r.sender = e.sender
		r.record.flags |= recSent
	}
}

// file notes the file that reports the record.
func (r *draft) file(e *fact) {
	r.item = e.item
	r.record.flags &^= recMessage
	if e.event.flags&inMessage != 0 {
		r.record.flags |= recMessage
	}
}

func keep(to *ref, v ref) {
	if *to == 0 {
		*to = v
	}
}

// refused notes a refusal. One for good is not undone by a later one for now,
// and an acceptance by neither, unless an NDR says so.
func (r *draft) refused(e *fact, s state) {
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
func (r *draft) settle() {
	if r.attempts == 0 && r.state != stateNone && r.state != stateAccepted {
		r.attempts = 1
	}
}
