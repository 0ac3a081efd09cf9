package index

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// eventKind says where an event comes from and what it says.
type eventKind uint8

const (
	ndrFailed eventKind = iota
	ndrDelayed
	logAccepted
	logDeferred
	logRefused
	queued  // an envelope on its way out that was not tried yet
	retried // an envelope on its way out that was refused at least once
)

// event is one thing that one source says about one recipient of one message,
// or about the message where no recipient is named.
type event struct {
	when    int64 // Unix seconds
	id      ref   // message id
	rcpt    ref
	domain  ref // of the recipient, or the target domain of an NDR; 0: to be found out
	sender  ref
	account ref
	raw     ref // the reply as it was found
	subject ref
	path    ref // folder and file name
	host    ref // banner, lower case
	guess   ref // registrable domain of the host that the reply names
	own     ref // our address as the remote server sees it
	remote  ref
	answer  uint32 // index of the answer kind
	inst    uint16 // installation
	tries   uint16 // of an envelope
	kind    eventKind
	stage   uint8 // index into stages
	e0193   bool
	quoted  bool // rcpt is from a quoted header, not from an envelope
	sent    bool // the sender is known, the null sender included
}

var stages = []diag.Stage{
	diag.StageUnknown, diag.StageConnect, diag.StageHELO, diag.StageMail,
	diag.StageRcpt, diag.StageData, diag.StageEndOfData,
}

func stageIndex(s diag.Stage) uint8 {
	for i, v := range stages {
		if v == s {
			return uint8(i)
		}
	}
	return 0
}

// answer is what all replies of one kind have in common: they differ only in
// addresses, ids, times and hosts.
type answer struct {
	cause    diag.Cause
	named    string
	provider string
	url      string
	print    uint64 // fingerprint
}

type answerKey struct {
	cause           diag.Cause
	named, provider string
	print           uint64
}

// judged is a reply with its verdict, made by the workers.
type judged struct {
	raw     string
	reply   diag.Reply
	verdict diag.Verdict
}

func (x *Index) judge(raw string, ctx reply.Context) judged {
	r, v := x.opt.Classifier.Text(raw, ctx)
	return judged{raw, r.At(ctx.Stage), v}
}

// store holds everything that was read, in the order in which it came. One
// goroutine adds to it; its slices only grow, so a header copy is a snapshot.
type store struct {
	text      *table
	events    []event
	answers   []answer
	answerRef map[answerKey]uint32
	targets   map[ref]ref // message id -> domain, from the debug log
	queue     []queueRow
	providers map[string]string // banner -> provider
	helos     map[string]int    // HELO name -> sessions
}

func newStore() *store {
	return &store{
		text: newTable(), answers: []answer{{}},
		answerRef: map[answerKey]uint32{}, targets: map[ref]ref{}, providers: map[string]string{}, helos: map[string]int{},
	}
}

// lower gives an address or a name its ref without case.
func (s *store) lower(v string) ref { return s.text.ref(strings.ToLower(v)) }

func (s *store) answer(j judged) uint32 {
	if j.raw == "" {
		return 0
	}
	k := answerKey{j.verdict.Cause, j.verdict.Named, j.verdict.Provider, reply.Fingerprint(j.reply)}
	if n, ok := s.answerRef[k]; ok {
		return n
	}
	n := uint32(len(s.answers))
	s.answers = append(s.answers, answer{k.cause, k.named, k.provider, j.verdict.LookupURL, k.print})
	s.answerRef[k] = n
	return n
}

// bounce adds what an NDR says.
func (s *store) bounce(inst int, f foundFile, judgements []judged) {
	b := f.bounce
	id := b.ID
	if id == "" && b.MessageID != "" {
		id = "<" + b.MessageID + ">"
	}
	if id == "" {
		id = strings.ToUpper(f.name)
	}
	when := b.Date
	if when.IsZero() {
		when = f.modTime
	}
	for i, r := range b.Refusals {
		j := judgements[i]
		e := event{
			kind: ndrFailed, when: when.Unix(), id: s.text.ref(id), inst: uint16(inst),
			rcpt: s.lower(r.Recipient), domain: s.text.ref(r.Domain),
			sender: s.lower(b.Sender), sent: b.Sender != "", account: s.text.ref(f.account),
			raw: s.text.ref(j.raw), answer: s.answer(j), subject: s.text.ref(cut(b.Subject, maxSubject)),
			path: s.text.ref(f.path), stage: stageIndex(j.reply.Stage), host: s.lower(r.RemoteHost),
			e0193: b.Kind == diag.KindE0193, quoted: r.Quoted,
		}
		if !r.Permanent {
			e.kind = ndrDelayed
		}
		if j.reply.OwnIP.IsValid() {
			e.own = s.text.ref(j.reply.OwnIP.String())
		}
		s.events = append(s.events, e)
	}
}

// attempt adds what an outgoing session of the log says.
func (s *store) attempt(inst int, a mailenable.Attempt, j judged) {
	id := a.ID
	if id == "" {
		// Without an id, sessions have nothing in common.
		id = fmt.Sprintf("session with %s at %s", a.Remote, a.Began.Format("2006-01-02 15:04:05"))
	}
	e := event{
		kind: logAccepted, when: a.Time.Unix(), id: s.text.ref(id), inst: uint16(inst),
		rcpt: s.lower(a.Recipient), domain: s.text.ref(diag.AddressDomain(a.Recipient)),
		sender: s.lower(a.Sender), sent: a.SenderKnown, subject: s.text.ref(cut(a.Subject, maxSubject)),
		host: s.text.ref(a.Banner), stage: stageIndex(a.Stage),
	}
	switch a.Outcome {
	case mailenable.Deferred:
		e.kind = logDeferred
	case mailenable.Refused:
		e.kind = logRefused
	}
	if a.Remote.IsValid() {
		e.remote = s.text.ref(a.Remote.String())
	}
	own := a.SeenAs
	if e.kind != logAccepted {
		e.raw, e.answer = s.text.ref(j.raw), s.answer(j)
		if j.reply.OwnIP.IsValid() {
			own = j.reply.OwnIP
		}
		if e.domain == 0 {
			e.guess = s.text.ref(registrable(a.Banner, j.reply.Hosts))
		}
	}
	if own.IsValid() {
		e.own = s.text.ref(own.String())
	}
	if a.HELO != "" && (len(s.helos) < maxHELOs || s.helos[a.HELO] > 0) {
		s.helos[a.HELO]++
	}
	if a.Banner != "" {
		if _, ok := s.providers[a.Banner]; !ok {
			s.providers[a.Banner] = reply.Provider(a.Banner)
		}
	}
	s.events = append(s.events, e)
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

func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
