package index

import (
	"metriage/diag"
	"metriage/diag/mailenable"
)

// logs codes what was read of the logs, and where reading goes on.
func (c *coder) logs() {
	s := c.store
	n := c.length(len(s.logs))
	for i := 0; i < n && c.err == nil; i++ {
		l := &logDir{}
		if c.mode != reading {
			l = s.logs[i]
		}
		c.logDir(l)
		if c.mode == reading {
			s.logs = append(s.logs, l)
		}
	}
}

func (c *coder) logDir(l *logDir) {
	c.count(&l.inst)
	c.string(&l.path)
	c.must(l.inst < c.insts)
	// What logs said that have left the window is left out.
	before := l.begin()
	chunked(c, &l.events, before.events, func(e *event) {
		c.event(e)
		c.must(e.kind == logDeferred || e.kind == logRefused)
	})
	chunked(c, &l.accepted, before.accepted, c.acceptance)
	chunked(c, &l.targets, before.targets, func(t *target) {
		c.id(&t.id)
		c.id(&t.from)
		c.ref(&t.domain)
		c.ref(&t.sender)
		c.bool(&t.routed)
	})
	c.lengths(l, &l.sure, before)
	list(c, &l.sessions, c.session)
	c.count(&l.lines)
	c.count(&l.skipped)
	list(c, &l.activity, func(f *logFile) { c.logFile(l, f, before) })
	list(c, &l.debug, func(f *logFile) { c.logFile(l, f, before) })
}

// begin is where in the lists the logs that are still in the window begin.
func (l *logDir) begin() lengths {
	b := l.sure
	if len(l.activity) > 0 {
		b.events, b.accepted = l.activity[0].from.events, l.activity[0].from.accepted
	}
	b.targets = l.targets.n
	if len(l.debug) > 0 {
		b.targets = l.debug[0].from.targets
	}
	return b
}

// lengths codes a place in the lists of a folder of logs.
func (c *coder) lengths(l *logDir, v *lengths, before lengths) {
	events, accepted, targets := less(v.events, before.events), less(v.accepted, before.accepted), less(v.targets, before.targets)
	c.u32(&events)
	c.u32(&accepted)
	c.u32(&targets)
	if c.mode == reading {
		*v = lengths{events, accepted, targets}
		c.must(events <= l.events.n && accepted <= l.accepted.n && targets <= l.targets.n)
	}
}

// less is a-b, and 0 where that would be below it.
func less(a, b uint32) uint32 { return a - min(a, b) }

func (c *coder) acceptance(a *acceptance) {
	c.u32(&a.when)
	c.id(&a.id)
	c.ref(&a.rcpt)
	c.common(&a.common)
}

func (c *coder) logFile(l *logDir, f *logFile, before lengths) {
	c.string(&f.name)
	c.time(&f.day)
	c.time(&f.last)
	c.i64(&f.size)
	c.u32(&f.when.second)
	c.u32(&f.when.mark)
	c.u32(&f.head)
	c.u32(&f.end)
	c.count(&f.lines)
	c.count(&f.skipped)
	c.u8(&f.tail)
	c.lengths(l, &f.from, before)
	c.bool(&f.hasOpen)
	list(c, &f.open, c.session)
	c.words(&f.problem)
	c.u8(&f.tries)
	c.must(f.size >= 0 && f.tail <= tailEnded)
}

func (c *coder) session(o *mailenable.OpenSession) {
	for _, v := range []*string{&o.Socket, &o.Remote, &o.ID, &o.Sender, &o.Banner, &o.HELO, &o.Subject} {
		c.string(v)
	}
	c.bool(&o.SenderKnown)
	c.addr(&o.SeenAs)
	c.i64(&o.At)
	list(c, &o.Recipients, c.string)
	held := o.Held != nil
	c.bool(&held)
	if !held || c.err != nil {
		return
	}
	if c.mode == reading {
		o.Held = &mailenable.Attempt{}
	}
	c.attempt(o.Held)
}

func (c *coder) attempt(a *mailenable.Attempt) {
	c.time(&a.Time)
	c.time(&a.Began)
	c.u8((*uint8)(&a.Outcome))
	stage := stageIndex(a.Stage)
	c.u8(&stage)
	for _, v := range []*string{&a.ID, &a.Recipient, &a.Sender, &a.Banner, &a.HELO, &a.Reply, &a.Subject} {
		c.string(v)
	}
	c.bool(&a.SenderKnown)
	c.addr(&a.Remote)
	c.addr(&a.SeenAs)
	if c.mode != reading || !c.must(a.Outcome <= mailenable.Refused && int(stage) < len(stages)) {
		return
	}
	a.Stage = diag.StageUnknown
	if int(stage) < len(stages) {
		a.Stage = stages[stage]
	}
}
