package runbook

import (
	"slices"
	"strings"
	"testing"

	"metriage/diag"
)

// ways are the lists and providers whose way out differs: what the steps must
// say, and what belongs to another's way.
var ways = []struct {
	name  string
	c     Case
	says  []string
	never []string
}{
	{"SBL", named(diag.CauseBlacklistIP, "spamhaus-sbl"), []string{"Example Hosting ask Spamhaus", "Only the owner of the address may ask"}, []string{"self-service"}},
	{"CSS", named(diag.CauseBlacklistIP, "spamhaus-css"), []string{"HELO, PTR and A record right first", "self-service"}, []string{"SBL number"}},
	{"XBL", named(diag.CauseBlacklistIP, "spamhaus-xbl"), []string{"infected machine", "outgoing port 25"}, []string{"SBL number"}},
	{"PBL", named(diag.CauseBlacklistIP, "spamhaus-pbl"), []string{"no accusation", "fixed address with a mail server"}, []string{"sends the spam"}},
	{"Microsoft consumer", named(diag.CauseBlacklistIP, "microsoft-consumer"), []string{"SNDS", "https://olcsupport.office.com"}, []string{"sender.office.com"}},
	{"Exchange Online", replied(named(diag.CauseBlacklistIP, "exchange-online"), "5.7.606", "550 5.7.606"), []string{"https://sender.office.com"}, []string{"olcsupport", "SNDS"}},
	{"Microsoft banned domain", replied(named(diag.CauseBlacklistDomain, "exchange-online"), "5.7.800", "550 5.7.800"), []string{"no form for it"}, []string{"sender.office.com"}},
	{"Gmail", named(diag.CauseReputationIP, "gmail"), []string{"https://postmaster.google.com", "no removal form"}, nil},
	{"Yahoo", named(diag.CauseReputationIP, "yahoo"), []string{"https://senders.yahooinc.com"}, nil},
	{"Proofpoint", named(diag.CauseReputationIP, "proofpoint"), []string{"https://ipcheck.proofpoint.com/?ip=198.51.100.11"}, nil},
	{"Cisco", named(diag.CauseReputationIP, "cisco"), []string{"https://talosintelligence.com/reputation_center/lookup?search=198.51.100.11"}, nil},
	{"Cloudmark", named(diag.CauseReputationIP, "cloudmark"), []string{"https://csi.cloudmark.com/en/reset/?ip=198.51.100.11"}, nil},
	{"United Internet", named(diag.CausePolicy, "united-internet"), []string{"c=rdns", "last line of the reply decides"}, nil},
	{"T-Online", named(diag.CauseReputationIP, "t-online"), []string{"imprint", "rx.t-online.de"}, nil},
	{"UCEPROTECT 1", named(diag.CauseBlacklistIP, "uceprotect-1"), []string{"Seven days after the last hit", "sends the spam"}, []string{"neighbours"}},
	{"UCEPROTECT 2", named(diag.CauseBlacklistIP, "uceprotect-2"), []string{"about your neighbours", "scoring only", "through another server"}, []string{"sends the spam", "for removal"}},
	{"UCEPROTECT 3", named(diag.CauseBlacklistIP, "uceprotect-3"), []string{"about your neighbours", "scoring only"}, []string{"sends the spam", "for removal"}},
	{"Barracuda", named(diag.CauseBlacklistIP, "barracuda"), []string{"https://www.barracudacentral.org/rbl/removal-request", "12 to 24 hours"}, nil},
	{"SpamCop", named(diag.CauseBlacklistIP, "spamcop"), []string{"ends by itself", "24 hours"}, []string{"removal form"}},
	{"Orange", named(diag.CauseBlacklistIP, "orange"), []string{"101 is Spamhaus", "fewer connections"}, nil},
	{"La Poste", named(diag.CauseBlacklistIP, "laposte"), []string{"101 is Spamhaus", "fewer connections"}, nil},
	{"Comcast", named(diag.CauseBlacklistIP, "comcast"), []string{"code after the #", "https://spa.xfinity.com/report"}, nil},
	{"receiver's fault", named(diag.CauseReceiverFault, "spamhaus-zen"), []string{"https://www.spamhaus.org/returnc/vol/", "Telephone"}, []string{"for removal", "sends the spam"}},
}

func TestWaysOut(t *testing.T) {
	b := book(t)
	told := map[string]string{}
	for _, w := range ways {
		var all []string
		for _, s := range b.For(w.c, sampleValues()) {
			all = append(all, said(s))
		}
		text := strings.Join(all, "\n")
		for _, x := range w.says {
			if !strings.Contains(text, x) {
				t.Errorf("%s does not say %q:\n%s", w.name, x, text)
			}
		}
		for _, x := range w.never {
			if strings.Contains(text, x) {
				t.Errorf("%s says %q, which is another's way:\n%s", w.name, x, text)
			}
		}
		siblings := [][]string{{"UCEPROTECT 2", "UCEPROTECT 3"}, {"Orange", "La Poste"}}
		if o := told[text]; o != "" && !slices.ContainsFunc(siblings, func(l []string) bool { return slices.Contains(l, o) && slices.Contains(l, w.name) }) {
			t.Errorf("%s has the steps of %s", w.name, o)
		}
		told[text] = w.name
	}
}
