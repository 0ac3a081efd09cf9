package reply

import (
	"math/bits"
	"strings"
	"time"

	"metriage/diag"
)

// Context is what is known around a reply. All of it is optional.
type Context struct {
	// Stage is where in the session the reply came, as a log's command column
	// tells it; it is used where the text does not say.
	Stage diag.Stage
	// RemoteHost is the banner, MX or reverse name of the refusing server.
	RemoteHost string
	Recipient  string
	Sender     string // envelope sender of the refused mail
	// OwnDomain tells whether a domain is hosted here; nil: not known.
	OwnDomain func(domain string) (hosted, known bool)
	// SmartHost says that the refusing server is our own relay.
	SmartHost bool
	// At is when it was refused. A closed list makes a receiver's fault only of
	// what was refused after it closed; the zero time counts as that.
	At time.Time
}

// Classify decides why r was given. The first rule that fits decides; unknown
// is the verdict where none does. It is safe for concurrent use, and the
// verdict depends on nothing but its arguments.
func (c *Classifier) Classify(r diag.Reply, ctx Context) diag.Verdict {
	s := c.pool.Get().(*subject)
	v := c.decide(s, r, &ctx)
	c.pool.Put(s)
	f := factsOf(&v, r)
	finish(&v, &f, &ctx)
	return v
}

// decide gives the verdict without identity.
func (c *Classifier) decide(s *subject, r diag.Reply, ctx *Context) diag.Verdict {
	s.prepare(r)
	c.lits.find(s)
	c.readNames(s, r, ctx)
	for i := range s.cand {
		s.cand[i] |= c.always[i]
	}
	stage := r.Stage
	if stage == diag.StageUnknown || stage == "" {
		stage = ctx.Stage
	}
	v := diag.Verdict{Cause: diag.CauseUnknown, Confidence: diag.ConfidenceLow, Identity: diag.IdentityUnknown}
	var won *compiled
	also := 0
	for w, word := range s.cand {
		for ; word != 0; word &= word - 1 {
			k := &c.rules[w<<6|bits.TrailingZeros64(word)]
			if won != nil && (k.low || k.match != nil || k.Cause == won.Cause || k.Cause == diag.CauseOther || hasCause(v.Also, k.Cause)) {
				continue
			}
			if !c.fits(k, s, r, stage, ctx) {
				continue
			}
			if won == nil {
				won = k
				v.Cause, v.Rule, v.Confidence = k.Cause, k.ID, k.confidence()
				v.Also = append(v.Also, k.Also...)
				if !weighs(k.Cause) {
					break // what else a "no such user" says explains nothing
				}
				continue
			}
			v.Also = append(v.Also, k.Cause)
			if also++; also == 3 {
				break
			}
		}
		if won != nil && (also == 3 || !weighs(won.Cause)) {
			break
		}
	}
	c.nameVerdict(&v, s, ctx, won)
	c.listVerdict(&v, s)
	v.Because = c.because(s, won)
	v.Checks = checksFor(v.Cause, won)
	v.LookupURL = c.lookup(&v, r, won, ctx)
	return v
}

// weighs reports whether other causes beside c are worth telling.
func weighs(c diag.Cause) bool {
	switch c {
	case diag.CauseRecipient, diag.CauseMailboxFull, diag.CauseSize, diag.CauseOther:
		return false
	}
	return true
}

func hasCause(list []diag.Cause, c diag.Cause) bool {
	for _, l := range list {
		if l == c {
			return true
		}
	}
	return false
}

// confidence is the rule's own, else high for a provider's or list's
// documented words and medium for plain ones.
func (k *compiled) confidence() diag.Confidence {
	switch {
	case k.Confidence != "":
		return k.Confidence
	case k.Provider != "" || k.named >= 0 || strings.HasPrefix(k.Named, "x-"):
		return diag.ConfidenceHigh
	}
	return diag.ConfidenceMedium
}

// fits reports whether rule k fits. Every condition is on bits that are there
// already, but the regular expression, which comes last.
func (c *Classifier) fits(k *compiled, s *subject, r diag.Reply, stage diag.Stage, ctx *Context) bool {
	if k.SmartHost && !ctx.SmartHost || k.Rule.OwnIP && !r.OwnIP.IsValid() {
		return false
	}
	if len(k.provider) > 0 && !c.recognised(s, k.provider) {
		return false
	}
	// A rule with any is a candidate because one of them hit.
	if len(k.link) > 0 && !anyHit(s, k.link) || anyHit(s, k.none) {
		return false
	}
	for _, alts := range k.all {
		if !anyHit(s, alts) {
			return false
		}
	}
	if len(k.Code) > 0 && !hasCode(k.Code, r.Code) || len(k.Enhanced) > 0 && !hasEnhanced(k.Enhanced, r.Enhanced) {
		return false
	}
	if len(k.Stage) > 0 && !contains(k.Stage, string(stage)) {
		return false
	}
	if len(k.Names) > 0 && !c.namesAsked(k, s, ctx) {
		return false
	}
	return k.match == nil || k.match.MatchString(s.lower())
}

func anyHit(s *subject, lits []int32) bool {
	for _, l := range lits {
		if hasBit(s.hits, int(l)) {
			return true
		}
	}
	return false
}

func (c *Classifier) recognised(s *subject, rows []int) bool {
	for _, i := range rows {
		if hasBit(s.strong, i) || hasBit(s.weak, i) {
			return true
		}
	}
	return false
}

func hasCode(want []string, code int) bool {
	if code == 0 {
		return contains(want, "0")
	}
	digits := [3]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)}
	for _, w := range want {
		if len(w) <= 3 && w == string(digits[:len(w)]) {
			return true
		}
	}
	return false
}

func hasEnhanced(want []string, enhanced string) bool {
	if enhanced == "" {
		return false
	}
	for _, w := range want {
		e := enhanced
		if strings.HasPrefix(w, "x.") {
			w, e = w[1:], e[1:]
		}
		if w == e || strings.HasSuffix(w, ".") && strings.HasPrefix(e, w) {
			return true
		}
	}
	return false
}

// because returns the words of the reply that the deciding rule looked for.
func (c *Classifier) because(s *subject, k *compiled) []string {
	if k == nil {
		return nil
	}
	var out []string
	add := func(w string) {
		if w == "" || len(out) >= 4 {
			return
		}
		for i, o := range out {
			if strings.Contains(o, w) {
				return
			}
			if strings.Contains(w, o) {
				out[i] = w
				return
			}
		}
		out = append(out, w)
	}
	asked := func(lit int32) bool {
		if contains32(c.lits.all[lit].triggers, k.index) || contains32(k.link, lit) {
			return true
		}
		for _, alts := range k.all {
			if contains32(alts, lit) {
				return true
			}
		}
		// A rule that asks for a list is decided by the list's name.
		l := &c.lits.all[lit]
		return len(k.Names) > 0 && l.word >= 0 && c.names.rows[l.word].list()
	}
	for _, h := range s.at {
		if asked(h.lit) {
			add(s.original(int(h.from), int(h.to)))
		}
	}
	if k.match != nil {
		if m := k.match.FindStringIndex(s.lower()); m != nil && len(s.low) == len(s.text) && m[1]-m[0] <= 120 {
			add(s.text[m[0]:m[1]])
		}
	}
	if len(out) == 0 && len(k.Enhanced) > 0 {
		_, _, e, _ := head(s.text)
		add(e)
	}
	return out
}

func contains32(list []int32, n int32) bool {
	for _, l := range list {
		if l == n {
			return true
		}
	}
	return false
}

// causeChecks are the checks that would confirm a cause, unless its rule says
// others.
var causeChecks = map[diag.Cause][]string{
	diag.CauseNoPTR:            {"ptr", "helo"},
	diag.CausePTRGeneric:       {"ptr", "helo", "dnsbl"},
	diag.CauseHELO:             {"helo", "ptr"},
	diag.CauseBlacklistIP:      {"dnsbl", "ptr", "relay"},
	diag.CauseReputationIP:     {"dnsbl", "ptr", "helo", "relay"},
	diag.CauseBlacklistDomain:  {"dnsbl", "helo"},
	diag.CauseReputationDomain: {"dnsbl", "spf", "dkim", "dmarc"},
	diag.CauseContentSpam:      {"dnsbl", "spf", "dkim"},
	diag.CauseOpenRelay:        {"relay", "dnsbl"},
	diag.CauseRelayDenied:      {"remote"},
	diag.CauseSmartHost:        {"outbound"},
	diag.CauseSPF:              {"spf"},
	diag.CauseDKIM:             {"dkim"},
	diag.CauseDMARC:            {"dmarc", "spf", "dkim"},
	diag.CausePolicy:           {"ptr", "helo", "dnsbl", "spf", "dkim", "dmarc"},
	diag.CauseTLS:              {"remote"},
	diag.CauseSenderAddress:    {"sender"},
	diag.CauseDNSFailure:       {"remote", "sender"},
	diag.CauseUnreachable:      {"remote", "outbound"},
	diag.CauseReceiverFault:    {"dnsbl"},
	diag.CauseRate:             {"dnsbl", "ptr"},
	diag.CauseUnknown:          {"ptr", "helo", "dnsbl", "relay"},
}

func checksFor(cause diag.Cause, k *compiled) []string {
	if k != nil && len(k.Checks) > 0 {
		return append([]string(nil), k.Checks...)
	}
	return append([]string(nil), causeChecks[cause]...)
}
