package dnsq

import (
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of the cache: how long an answer lives whatever its TTL says, and how
// many are kept.
const (
	minTTL    = time.Minute
	maxTTL    = time.Hour
	maxCached = 4096
)

// key is a question.
type key struct {
	name  string
	qtype uint16
}

type cached struct {
	answer  Answer
	expires time.Time
}

// cache keeps definite answers for their TTL.
type cache struct {
	mu sync.Mutex
	m  map[key]cached
}

// get returns an answer that has not expired and came at or after since.
func (c *cache) get(k key, now, since time.Time) (Answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.m[k]
	if !ok || now.After(e.expires) || e.answer.At.Before(since) {
		return Answer{}, false
	}
	a := e.answer
	a.Cached = true
	return a, true
}

func (c *cache) put(k key, a Answer, now time.Time) {
	if !a.Definite() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= maxCached {
		for old, e := range c.m {
			if now.After(e.expires) || len(c.m) >= maxCached {
				delete(c.m, old)
			}
		}
	}
	if c.m == nil {
		c.m = map[key]cached{}
	}
	c.m[k] = cached{a, now.Add(lifetime(a))}
}

// lifetime returns how long an answer may be used: the smallest TTL of its
// records, for a negative answer the smaller of the SOA's TTL and minimum
// (RFC 2308 section 5), within the bounds of the cache.
func lifetime(a Answer) time.Duration {
	ttl := uint32(maxTTL / time.Second)
	for _, rr := range a.Records {
		ttl = min(ttl, rr.Header().Ttl)
	}
	if a.Outcome() != Found {
		negative := uint32(0)
		for _, rr := range a.Authority {
			if soa, ok := rr.(*dns.SOA); ok {
				negative = min(soa.Hdr.Ttl, soa.Minttl)
			}
		}
		ttl = min(ttl, negative)
	}
	return max(minTTL, time.Duration(ttl)*time.Second)
}
