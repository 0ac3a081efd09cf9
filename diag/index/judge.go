package index

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"metriage/diag"
	"metriage/diag/reply"
)

// judge gives replies their kind. Each reader has one, which remembers what it
// judged last: the same words about the same domain mean the same.
type judge struct {
	x    *Index
	seen map[judgeKey]judged
}

// judgeKey is what a verdict depends on.
type judgeKey struct {
	raw    ref
	host   ref
	domain ref    // of the recipient
	day    uint16 // lists close at midnight
	stage  uint8
}

// judged is what an event keeps of a reply and its verdict.
type judged struct {
	raw    ref
	answer uint32
	own    ref
	guess  ref
	stage  uint8
}

const maxJudged = 1 << 16

// of judges a reply.
func (j *judge) of(raw string, ctx reply.Context) judged {
	s := j.x.store
	k := judgeKey{
		raw: s.text.ref(raw), host: s.lower(ctx.RemoteHost), day: uint16(ctx.At.Unix() / 86400), stage: stageIndex(ctx.Stage),
	}
	if ctx.Recipient != "" {
		k.domain = s.text.ref(diag.AddressDomain(ctx.Recipient))
	}
	if v, ok := j.seen[k]; ok {
		return v
	}
	out := judged{stage: k.stage}
	if raw != "" {
		// The classifier remembers texts: not one that is a part of a whole mail.
		r, v := j.x.opt.Classifier.Text(s.text.get(k.raw), ctx)
		out.raw, out.stage = k.raw, stageIndex(r.At(ctx.Stage).Stage)
		out.answer = s.answers.of(answer{v.Cause, v.Named, v.Provider, reply.Fingerprint(r)})
		if r.OwnIP.IsValid() {
			out.own = s.text.ref(r.OwnIP.String())
		}
		if ctx.Recipient == "" {
			out.guess = s.text.ref(registrable(ctx.RemoteHost, r.Hosts))
		}
	}
	if j.seen == nil || len(j.seen) >= maxJudged {
		j.seen = map[judgeKey]judged{}
	}
	j.seen[k] = out
	return out
}

// registrable returns the registrable domain (public suffix list) of the host
// that a reply names first.
func registrable(banner string, hosts []string) string {
	for _, h := range append([]string{banner}, hosts...) {
		if h == "" {
			continue
		}
		if d, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(h)); err == nil {
			return d
		}
	}
	return ""
}
