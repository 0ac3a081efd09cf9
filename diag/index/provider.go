package index

// provider returns who runs the remote system: what the reply or banner says,
// else the domain itself where it is a provider's own, else what the other
// records of the domain agree in.
func (p *picture) provider(answer uint32, host, domain ref) string {
	if v := p.named(answer, host, domain); v != "" {
		return v
	}
	return p.runs[domain]
}

func (p *picture) named(answer uint32, host, domain ref) string {
	if v := p.snap.answers.at(answer).provider; v != "" {
		return v
	}
	if v := p.snap.memo.providerOf(host, &p.snap.text); v != "" {
		return v
	}
	return p.snap.memo.providerOf(domain, &p.snap.text)
}

// learnProviders finds who runs the servers of the domains: a server that
// refuses often says who it is in its reply alone, so that the deliveries it
// accepts do not tell. Where the records of a domain disagree, none is learned.
func (p *picture) learnProviders() {
	type source struct {
		answer       uint32
		host, domain ref
	}
	seen := map[source]bool{}
	mixed := map[ref]bool{}
	p.runs = map[ref]string{}
	learn := func(answer uint32, host, domain ref) {
		k := source{answer, host, domain}
		if domain == 0 || mixed[domain] || seen[k] {
			return
		}
		seen[k] = true
		v := p.named(answer, host, domain)
		switch have, ok := p.runs[domain]; {
		case v == "" || ok && have == v:
		case ok:
			mixed[domain] = true
			delete(p.runs, domain)
		default:
			p.runs[domain] = v
		}
	}
	for i := range p.merged.records {
		r := &p.merged.records[i]
		learn(r.answer, r.host, r.domain)
	}
	for i, a := range p.acceptedByCommon() {
		if a.n > 0 {
			c := p.snap.commons.at(uint32(i))
			learn(0, c.host, c.domain)
		}
	}
}
