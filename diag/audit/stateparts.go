package audit

func (t *talker) key() string  { return t.name }
func (x *pattern) key() string { return x.text }
func (x *forward) key() string { return x.mailbox }
func (g *grant) key() string   { return g.domain }

func codeSpan(k *coder, s *span) { num(k, &s.messages, &s.recipients, &s.refused, &s.bad) }

func codeDay(k *coder, d *daySpan) {
	num(k, &d.day)
	codeSpan(k, &d.span)
}

func codeDenial(k *coder, d *denial) {
	num(k, &d.n)
	num(k, &d.first, &d.last)
}

func codeHashes(k *coder, p *[4]uint64) {
	for i := range p {
		k.word(&p[i])
	}
}

func (t *table) code(k *coder) {
	pointers(k, &t.by, codeText, func(k *coder, v *talker) { v.code(k) })
	codeSpan(k, &t.rest)
	num(k, &t.gone)
}

func (t *talker) code(k *coder) {
	k.text(&t.name)
	codeSpan(k, &t.total)
	num(k, &t.first, &t.last)
	sliced(k, &t.hours, func(k *coder, h *hourSpan) {
		num(k, &h.hour, &h.first)
		codeSpan(k, &h.span)
	})
	sliced(k, &t.days, codeDay)
	pointers(k, &t.nets, codePrefix, func(k *coder, n *netSpan) {
		k.addr(&n.addr)
		num(k, &n.messages, &n.failsBefore)
		num(k, &n.first, &n.last, &n.failsFirst)
	})
	num(k, &t.netMore)
	dict(k, &t.senders, codeText, codeNum)
	num(k, &t.breach.fails)
	num(k, &t.breach.networks)
	num(k, &t.breach.first, &t.breach.last)
}

func (g *guessing) code(k *coder) {
	g.all.code(k)
	pointers(k, &g.networks, codePrefix, func(k *coder, f *failing) {
		num(k, &f.n)
		num(k, &f.first, &f.last)
		k.addr(&f.addr)
	})
	num(k, &g.ok)
}

func (g *grants) code(k *coder) {
	pointers(k, &g.by, codeText, func(k *coder, v *grant) { v.code(k) })
	g.rest.code(k)
	dict(k, &g.refused, codeText, codeDenial)
	codeDenial(k, &g.refuses)
}

func (g *grant) code(k *coder) {
	k.text(&g.domain, &g.sender, &g.localSender, &g.to)
	num(k, &g.recipients, &g.messages, &g.local, &g.null, &g.more)
	num(k, &g.first, &g.last)
	sliced(k, &g.from, func(k *coder, x *grantee) {
		k.addr(&x.addr)
		num(k, &x.n, &x.local)
		sliced(k, &x.days, codeDay)
	})
}

func (p *patterns) code(k *coder) {
	pointers(k, &p.by, codeText, func(k *coder, x *pattern) {
		k.text(&x.text, &x.example)
		num(k, &x.n, &x.refused, &x.more)
		num(k, &x.first, &x.last, &x.small, &x.big)
		for i := range x.days {
			num(k, &x.days[i].day)
			num(k, &x.days[i].n)
		}
		pointers(k, &x.senders, codeText, codeNum)
	})
}

func (o *ownership) code(k *coder) {
	sliced(k, &o.names, codeText)
	pointers(k, &o.cells, func(k *coder, c *cellKey) {
		k.addr(&c.own)
		num(k, &c.prov)
		if c.prov < 0 || c.prov >= len(o.names) {
			k.fail()
		}
	}, func(k *coder, c *cell) {
		num(k, &c.accepted, &c.deferred, &c.refused, &c.greeted)
		num(k, &c.first, &c.last, &c.firstRefused, &c.lastAccepted, &c.inARow)
	})
	pointers(k, &o.helos, codeText, func(k *coder, h *seenName) {
		num(k, &h.n)
		num(k, &h.first, &h.last)
	})
	dict(k, &o.uses, func(k *coder, h *hostKey) { k.text(&h.domain, &h.host) }, codeNum)
	o.null.code(k)
	o.sent.code(k)
	num(k, &o.nets)
	k.bytes(&o.lastReply)
	k.addr(&o.lastOwn)
}

func (f *forwards) code(k *coder) {
	pointers(k, &f.boxes, codeText, func(k *coder, x *forward) {
		k.text(&x.mailbox, &x.sender)
		dict(k, &x.to, codeText, codeNum)
		num(k, &x.toMore, &x.messages, &x.accepted, &x.deferred, &x.refused)
		num(k, &x.first, &x.last)
		sliced(k, &x.days, codeDay)
	})
	num(k, &f.next, &f.lost, &f.signed, &f.relays)
	k.text(&f.lostAs)
	num(k, &f.last)
	f.codeRing(k)
}

// codeRing codes the inbound messages that an outgoing one can follow. Each
// knows an earlier one of its sender.
func (f *forwards) codeRing(k *coder) {
	for i := range f.ring {
		there := f.ring[i] != nil
		if k.flag(&there); !there {
			continue
		}
		if k.reading {
			f.ring[i] = &recent{}
		}
		r := f.ring[i]
		newest := f.by[r.sender] == r
		k.word(&r.sender)
		num(k, &r.at)
		k.text(&r.mailbox)
		codeHashes(k, &r.to)
		k.flag(&r.signed, &newest)
		if k.reading && newest {
			f.by[r.sender] = r
		}
	}
	at := f.places()
	for _, r := range f.ring {
		if r != nil {
			f.place(k, &r.before, at)
		}
	}
	if f.next < 0 || f.next >= len(f.ring) {
		k.fail()
	}
}

// places are where messages stand in the ring.
func (f *forwards) places() map[*recent]int {
	at := make(map[*recent]int, len(f.ring))
	for i, r := range f.ring {
		if r != nil {
			at[r] = i
		}
	}
	return at
}

// place codes a pointer into the ring.
func (f *forwards) place(k *coder, p **recent, at map[*recent]int) {
	i := -1
	if n, ok := at[*p]; ok && *p != nil {
		i = n
	}
	num(k, &i)
	switch {
	case !k.reading:
	case i < -1 || i >= len(f.ring):
		k.fail()
	case i < 0:
		*p = nil
	default:
		*p = f.ring[i]
	}
}

// pointer is place for a single one.
func (f *forwards) pointer(k *coder, p **recent) {
	var at map[*recent]int
	if *p != nil {
		at = f.places()
	}
	f.place(k, p, at)
}

func (d *debugCounts) code(k *coder) {
	pointers(k, &d.codes, codeText, func(k *coder, x *debugCode) {
		num(k, &x.n)
		num(k, &x.first, &x.last)
		k.text(&x.address)
		k.addr(&x.ip)
	})
	dict(k, &d.banned, codeAddr, codeNum)
	num(k, &d.lines)
}
