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

// shard is a part of the cache with a lock of its own. Its maps are keyed by
// the hash of the text; an entry says itself what it is for.
type shard struct {
	sync.Mutex
	young, old map[uint64]*cached
}

// seenKey is all that decides a verdict without identity, but the time.
type seenKey struct {
	raw, remote, rcpt string
	stage             diag.Stage
	smartHost         bool
}

type cached struct {
	key     seenKey
	reply   diag.Reply
	verdict diag.Verdict // without identity
	facts   facts
	// timed is set where the verdict depends on when the reply was given.
	timed bool
}

// Text is Parse and Classify for a raw text, with a bounded cache of texts seen
// before. The slices of what it returns are shared and must not be changed.
func (c *Classifier) Text(raw string, ctx Context) (diag.Reply, diag.Verdict) {
	if len(raw) > maxCached {
		r := Parse(raw)
		return r, c.Classify(r, ctx)
	}
	key := seenKey{raw: raw, remote: ctx.RemoteHost, stage: ctx.Stage, smartHost: ctx.SmartHost}
	if ctx.RemoteHost == "" && !ctx.SmartHost && ctx.Recipient != "" {
		key.rcpt = MailboxProvider(diag.AddressDomain(ctx.Recipient))
	}
	c.seen.once.Do(func() { c.seen.seed = maphash.MakeSeed() })
	h := maphash.String(c.seen.seed, raw)
	if key.remote != "" {
		h ^= maphash.String(c.seen.seed, key.remote) << 1
	}
	sh := &c.seen.shard[h%shards]
	e := sh.get(h, key)
	if e == nil {
		r := Parse(raw)
		s := c.pool.Get().(*subject)
		e = &cached{key: key, reply: r, verdict: c.decide(s, r, &ctx), timed: c.namesClosed(s)}
		c.pool.Put(s)
		e.facts = factsOf(&e.verdict, r)
		sh.put(h, e)
	} else if e.timed {
		return e.reply, c.Classify(e.reply, ctx)
	}
	v := e.verdict
	finish(&v, &e.facts, &ctx)
	return e.reply, v
}

func (sh *shard) get(h uint64, key seenKey) *cached {
	sh.Lock()
	defer sh.Unlock()
	e := sh.young[h]
	if e == nil {
		if e = sh.old[h]; e != nil {
			delete(sh.old, h)
			sh.keep(h, e)
		}
	}
	if e != nil && e.key != key {
		return nil
	}
	return e
}

func (sh *shard) put(h uint64, e *cached) {
	sh.Lock()
	sh.keep(h, e)
	sh.Unlock()
}

// keep puts an entry into the young half. The shard is locked.
func (sh *shard) keep(h uint64, e *cached) {
	if sh.young == nil || len(sh.young) >= shardHalf {
		sh.old, sh.young = sh.young, make(map[uint64]*cached, 64)
	}
	sh.young[h] = e
}

// namesClosed reports whether the reply names a list that has closed.
func (c *Classifier) namesClosed(s *subject) bool {
	for i := range c.names.rows {
		if hasBit(s.named, i) && !c.names.rows[i].closed.IsZero() {
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
