package reply

import (
	"hash/maphash"
	"sync"

	"metriage/diag"
)

// Bounds of the cache of texts seen before: entries of one half of one shard,
// and the longest text that is kept. All halves full of the longest texts are
// some 130 MB; real replies have 200 bytes and make 16 MB.
const (
	shards    = 16
	shardHalf = 1024
	maxCached = 4 << 10
)

// cache keeps replies and verdicts by raw text and what else decides. Each
// shard has two halves: a full young half becomes the old one, and what is
// asked for in the old half moves to the young.
type cache struct {
	once  sync.Once
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	sync.Mutex
	young, old map[cacheKey]*cached
}

type cacheKey struct {
	raw, remote, rcpt string
	stage             diag.Stage
	smartHost         bool
}

type cached struct {
	reply   diag.Reply
	verdict diag.Verdict // without identity
	// timed is set where the verdict depends on when the reply was given.
	timed bool
}

// Text is Parse and Classify for a raw text, with a bounded cache of texts seen
// before. The slices of what it returns are shared and must not be changed.
func (c *Classifier) Text(raw string, ctx Context) (diag.Reply, diag.Verdict) {
	key := cacheKey{raw: raw, remote: ctx.RemoteHost, stage: ctx.Stage, smartHost: ctx.SmartHost}
	if ctx.RemoteHost == "" && !ctx.SmartHost {
		key.rcpt = MailboxProvider(diag.AddressDomain(ctx.Recipient))
	}
	if len(raw) > maxCached {
		r := Parse(raw)
		return r, c.Classify(r, ctx)
	}
	c.seen.once.Do(func() { c.seen.seed = maphash.MakeSeed() })
	sh := &c.seen.shard[maphash.String(c.seen.seed, raw)%shards]
	sh.Lock()
	e, ok := sh.young[key]
	if !ok {
		if e, ok = sh.old[key]; ok {
			delete(sh.old, key)
			sh.keep(key, e)
		}
	}
	sh.Unlock()
	if !ok {
		r := Parse(raw)
		s := c.pool.Get().(*subject)
		e = &cached{reply: r, verdict: c.decide(s, r, &ctx), timed: c.namesClosed(s)}
		c.pool.Put(s)
		sh.Lock()
		sh.keep(key, e)
		sh.Unlock()
	} else if e.timed {
		return e.reply, c.Classify(e.reply, ctx)
	}
	v := e.verdict
	c.identify(&v, e.reply, &ctx)
	return e.reply, v
}

// keep puts an entry into the young half. The shard is locked.
func (sh *shard) keep(key cacheKey, e *cached) {
	if sh.young == nil || len(sh.young) >= shardHalf {
		sh.old, sh.young = sh.young, make(map[cacheKey]*cached, 64)
	}
	sh.young[key] = e
}

// namesClosed reports whether the reply names a list that has closed.
func (c *Classifier) namesClosed(s *subject) bool {
	for i := range c.names.rows {
		if hasBit(s.named, i) && c.names.rows[i].Closed != "" {
			return true
		}
	}
	for _, l := range s.lists {
		if !c.lists[l].closed.IsZero() {
			return true
		}
	}
	return false
}
