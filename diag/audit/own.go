package audit

import (
	"bytes"
	"net/netip"
	"strings"

	"metriage/diag/mailenable"
)

// ownership is what remote servers saw of us: addresses and HELO names by time
// and provider, and what became of deliveries under each.
type ownership struct {
	cells     map[cellKey]*cell
	helos     map[string]*seenName
	hosts     map[string]string // banner text to host
	providers map[string]int
	names     []string // of providers, by number; 0 is none
	uses      map[hostKey]int
	null      talker // messages under the null sender
	sent      talker // all messages
	lastHELO  []byte
	helo      *seenName
	lastReply []byte
	lastOwn   netip.Addr
	nets      int // networks of all users together
}

type cellKey struct {
	own  netip.Addr
	prov int
}

// cell is one own address at one provider.
type cell struct {
	accepted, deferred, refused int
	first, last                 int64
	greeted                     int // EHLO replies that showed the address
	// refusals since anything was accepted last, and the first of them
	inARow, firstRefused int64
	lastAccepted         int64
}

type seenName struct {
	n           int
	first, last int64
}

type hostKey struct{ domain, host string }

func (o *ownership) init() {
	o.cells, o.helos = map[cellKey]*cell{}, map[string]*seenName{}
	o.hosts, o.providers, o.uses = map[string]string{}, map[string]int{}, map[hostKey]int{}
	o.names = []string{""}
}

// hostOf returns the host name that a greeting begins with, "" for none.
func (o *ownership) hostOf(b []byte) string {
	if replyCode(b) != 0 {
		for b[0] == ' ' {
			b = b[1:]
		}
		b = b[3:]
	}
	for len(b) > 0 && (b[0] == ' ' || b[0] == '-') {
		b = b[1:]
	}
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	if len(b) > 253 || bytes.IndexByte(b, '.') < 0 || bytes.ContainsAny(b, "/@=*") {
		return ""
	}
	if h, ok := o.hosts[string(b)]; ok {
		return h
	}
	h := strings.ToLower(strings.Trim(string(b), "<>()[],;:."))
	if _, err := netip.ParseAddr(h); err == nil || len(h) > 0 && h[0] >= '0' && h[0] <= '9' && strings.Count(h, ".") == 2 {
		h = "" // an address or an enhanced status code
	}
	if len(o.hosts) >= maxProviders {
		clear(o.hosts)
	}
	o.hosts[string(b)] = h
	return h
}

// provider numbers who runs a host.
func (c *Collector) provider(host string) int {
	if host == "" {
		return 0
	}
	o := &c.own
	if n, ok := o.providers[host]; ok {
		return n
	}
	name := ""
	if c.opt.Provider != nil {
		name = c.opt.Provider(host)
	}
	n := 0
	for i, have := range o.names {
		if have == name {
			n = i
		}
	}
	if n == 0 && name != "" && len(o.names) < maxOwn {
		n = len(o.names)
		o.names = append(o.names, name)
	}
	if len(o.providers) >= maxProviders {
		clear(o.providers)
	}
	o.providers[host] = n
	return n
}

// hello takes an EHLO row: the name that we give, and our address as the reply
// shows it.
func (c *Collector) hello(s *session, r *mailenable.Row, sec int64, code int) {
	o := &c.own
	if o.helo == nil || !bytes.Equal(r.Detail, o.lastHELO) {
		o.lastHELO = append(o.lastHELO[:0], r.Detail...)
		o.helo = o.heloOf(r.Detail, sec)
	}
	if h := o.helo; h != nil {
		h.n++
		h.last = max(h.last, sec)
	}
	if code/100 != 2 {
		if code/100 >= 4 {
			s.ownFrom(r.Response)
			c.outcome(s, sec, outcomeOf(code), 1)
		}
		return
	}
	a := o.bracketed(r.Response)
	if !a.IsValid() || bytes.Equal(o.lastReply, s.remote) {
		return
	}
	if s.own != a {
		s.own = a
		if k := o.cell(s); k != nil {
			k.greeted++
			k.seen(sec)
		}
	}
}

// heloOf returns the name that an EHLO command gives, nil for none.
func (o *ownership) heloOf(detail []byte, sec int64) *seenName {
	name := bytes.TrimSpace(detail)
	if len(name) <= 5 {
		return nil
	}
	key := strings.ToLower(string(bytes.TrimSpace(name[4:])))
	h := o.helos[key]
	if h == nil && len(o.helos) < maxHELOs {
		h = &seenName{first: sec}
		o.helos[key] = h
	}
	return h
}

// bracketed returns the first address in square brackets.
func (o *ownership) bracketed(b []byte) netip.Addr {
	for rest := b; ; {
		i := bytes.IndexByte(rest, '[')
		if i < 0 {
			return netip.Addr{}
		}
		rest = rest[i+1:]
		j := bytes.IndexByte(rest, ']')
		if j < 0 {
			return netip.Addr{}
		}
		in := rest[:j]
		if len(in) > 5 && (in[0]|0x20) == 'i' && bytes.EqualFold(in[:5], []byte("ipv6:")) {
			in = in[5:]
		}
		if bytes.Equal(in, o.lastReply) && len(in) > 0 {
			return o.lastOwn
		}
		if len(in) <= 45 {
			if a, err := netip.ParseAddr(string(in)); err == nil {
				o.lastReply, o.lastOwn = append(o.lastReply[:0], in...), a.Unmap()
				return o.lastOwn
			}
		}
	}
}

func (o *ownership) cell(s *session) *cell {
	k := cellKey{s.own, s.provID}
	x := o.cells[k]
	if x == nil && len(o.cells) < maxOwn*4 {
		x = &cell{}
		o.cells[k] = x
	}
	return x
}

func (x *cell) seen(sec int64) {
	if x.first == 0 || sec < x.first {
		x.first = sec
	}
	x.last = max(x.last, sec)
}

func (o *ownership) outcome(s *session, sec int64, r outcome, n int) {
	x := o.cell(s)
	if x == nil {
		return
	}
	x.seen(sec)
	switch r {
	case accepted:
		x.accepted += n
		x.lastAccepted = max(x.lastAccepted, sec)
		x.firstRefused, x.inARow = 0, 0
	case deferredFor:
		x.deferred += n
	case refusedFor:
		x.refused += n
		x.inARow++
		if x.firstRefused == 0 {
			x.firstRefused = sec
		}
	}
}

// hostUse counts which hosts take the mail of which domains.
func (c *Collector) hostUse(s *session, domain []byte) {
	if len(domain) == 0 {
		return
	}
	host := s.host
	if host == "" {
		host = string(s.remote)
	}
	if s.dest == "" || s.dest != string(domain) {
		s.dest = c.forwards.word(domain)
	}
	k := hostKey{s.dest, host}
	if n, ok := c.own.uses[k]; ok || len(c.own.uses) < maxHosts {
		c.own.uses[k] = n + 1
	}
}
