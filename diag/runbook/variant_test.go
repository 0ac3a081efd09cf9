package runbook

import (
	"slices"
	"strings"
	"testing"

	"metriage/diag"
)

// found is a case with findings of the checks about the sample address.
func found(c Case, findings ...diag.Finding) Case {
	c.Findings = append(c.Findings, findings...)
	return c
}

func named(cause diag.Cause, name string) Case {
	c := caseOf(cause)
	c.Verdict.Named = name
	return c
}

func provided(cause diag.Cause, provider string) Case {
	c := caseOf(cause)
	c.Verdict.Provider = provider
	return c
}

func replied(c Case, enhanced, text string) Case {
	c.Reply.Enhanced, c.Reply.Text = enhanced, text
	return c
}

func situated(cause diag.Cause, situation string) Case {
	c := caseOf(cause)
	c.Situation = situation
	return c
}

func identified(c Case, id diag.Identity, domain string) Case {
	c.Verdict.Identity, c.Verdict.IdentityDomain = id, domain
	return c
}

func clear(list string) diag.Finding {
	f := listed(list)
	f.Code, f.Status = "dnsbl-clear", diag.StatusPass
	return f
}

func finding(code string, status diag.Status) diag.Finding {
	check, _, _ := strings.Cut(code, "-")
	return diag.Finding{Check: check, Code: code, Status: status}
}

// Steps that only a spam source calls for.
var sourceSteps = []string{"source-find", "catchalls-off", "redirect-catchall-remove", "spam-filter"}

var variants = []struct {
	name  string
	c     Case
	has   []string
	lacks []string
}{
	// Parts of Spamhaus, from the reply's name, the quoted answer, or a check.
	{"SBL", named(diag.CauseBlacklistIP, "spamhaus-sbl"), append([]string{"sbl-read", "delist-sbl", "dnsbl-again"}, sourceSteps...), []string{"delist-css", "delist-when-clean"}},
	{"CSS", named(diag.CauseBlacklistIP, "spamhaus-css"), []string{"css-identity", "delist-css", "source-find"}, []string{"delist-sbl", "delist-when-clean"}},
	{"XBL", named(diag.CauseBlacklistIP, "spamhaus-xbl"), []string{"xbl-machine", "client-port25", "delist-xbl"}, []string{"delist-when-clean"}},
	{"PBL", named(diag.CauseBlacklistIP, "spamhaus-pbl"), []string{"pbl-static", "delist-pbl", "route-domain"}, append([]string{"delist-when-clean"}, sourceSteps...)},
	{"ZEN, part not said", named(diag.CauseBlacklistIP, "spamhaus-zen"), []string{"zen-part", "delist-zen"}, []string{"delist-css"}},
	{"ZEN with a quoted answer", func() Case {
		c := named(diag.CauseBlacklistIP, "spamhaus-zen")
		c.Verdict.ListCode = "127.0.0.3"
		return c
	}(), []string{"css-identity", "delist-css"}, []string{"zen-part"}},
	{"ZEN as a check decodes it", found(named(diag.CauseBlacklistIP, "spamhaus-zen"), listed("spamhaus-zen", "127.0.0.4 XBL")), []string{"xbl-machine", "delist-xbl"}, []string{"zen-part"}},
	{"SBL beside PBL keeps the source", found(named(diag.CauseBlacklistIP, "spamhaus-zen"), listed("spamhaus-zen", "127.0.0.2 SBL", "127.0.0.10 PBL")),
		append([]string{"delist-sbl", "delist-pbl"}, sourceSteps...), []string{"zen-part"}},
	{"listing found that no reply names", found(provided(diag.CauseReputationIP, "cisco"), listed("spamcop", "127.0.0.2")), []string{"delist-cisco", "cisco-lookup", "delist-spamcop"}, nil},
	{"listing found on a list without a runbook", found(caseOf(diag.CauseBlacklistIP), listed("x-own", "127.0.0.2")), []string{"delist-list"}, []string{"delist-spamcop"}},
	{"low lists do not count", found(caseOf(diag.CauseReputationIP), diag.Finding{Check: "dnsbl", Code: "dnsbl-listed", Status: diag.StatusPass, Subject: "198.51.100.11", List: "uceprotect-3"}), nil, []string{"uce-neighbours", "delist-list"}},
	{"listing of another address", found(caseOf(diag.CauseBlacklistIP), listed("spamhaus-zen", "127.0.0.3"), diag.Finding{Check: "dnsbl", Code: "dnsbl-listed", Status: diag.StatusFail, Subject: "198.51.100.99", List: "barracuda"}), []string{"delist-css"}, []string{"delist-barracuda"}},
	{"no longer listed", found(named(diag.CauseBlacklistIP, "barracuda"), clear("barracuda")), []string{"listed-gone", "source-find"}, []string{"delist-barracuda", "delist-list", "delist-when-clean"}},
	{"clear in one zone, listed in another", found(named(diag.CauseBlacklistIP, "spamhaus-css"), clear("spamhaus-zen"), listed("spamhaus-zen", "127.0.0.3 CSS")), []string{"delist-css"}, []string{"listed-gone"}},
	{"part of ZEN no longer listed", found(named(diag.CauseBlacklistIP, "spamhaus-css"), clear("spamhaus-zen")), []string{"listed-gone"}, []string{"delist-css"}},

	// Other lists.
	{"Barracuda", named(diag.CauseBlacklistIP, "barracuda"), []string{"delist-barracuda", "source-find"}, []string{"delist-when-clean"}},
	{"SpamCop", named(diag.CauseBlacklistIP, "spamcop"), []string{"delist-spamcop", "source-find"}, nil},
	{"UCEPROTECT 1", named(diag.CauseBlacklistIP, "uceprotect-1"), []string{"delist-uce1", "source-find"}, nil},
	{"UCEPROTECT 2", named(diag.CauseBlacklistIP, "uceprotect-2"), []string{"uce-neighbours", "uce-tell"}, []string{"delist-uce1", "delist-when-clean", "redirect-handling"}},
	{"UCEPROTECT 3", named(diag.CauseBlacklistIP, "uceprotect-3"), []string{"uce-neighbours", "uce-tell"}, []string{"delist-uce1"}},
	{"UCEPROTECT, level not said", named(diag.CauseBlacklistIP, "uceprotect"), []string{"list-which", "delist-uce1", "uce-tell"}, nil},
	{"closed list", named(diag.CauseBlacklistIP, "sorbs"), []string{"list-dead", "tell-postmaster"}, append([]string{"delist-list", "delist-when-clean"}, sourceSteps...)},
	{"unheard-of list", named(diag.CauseBlacklistIP, "x-new"), []string{"delist-list", "source-find"}, []string{"delist-when-clean"}},
	{"no list named", caseOf(diag.CauseBlacklistIP), []string{"list-which", "delist-when-clean"}, []string{"delist-list"}},

	// Providers.
	{"Outlook.com", named(diag.CauseBlacklistIP, "microsoft-consumer"), []string{"ms-snds", "delist-outlook"}, []string{"delist-ms365", "dnsbl-again"}},
	{"Microsoft, only the provider known", provided(diag.CauseBlacklistIP, "microsoft-consumer"), []string{"delist-outlook"}, []string{"delist-when-clean"}},
	{"Microsoft quoting Spamhaus", func() Case {
		c := named(diag.CauseBlacklistIP, "spamhaus-zen")
		c.Verdict.Provider = "microsoft-consumer"
		return c
	}(), []string{"zen-part", "delist-zen"}, []string{"delist-outlook"}},
	{"Exchange Online", replied(named(diag.CauseBlacklistIP, "exchange-online"), "5.7.606", "550 5.7.606 Access denied, banned sending IP"), []string{"delist-ms365"}, []string{"delist-outlook", "delist-ms511"}},
	{"Exchange Online 5.7.511", replied(named(diag.CauseBlacklistIP, "exchange-online"), "5.7.511", "550 5.7.511 Access denied, banned sender"), []string{"delist-ms511"}, []string{"delist-ms365"}},
	{"Microsoft banned domain", replied(named(diag.CauseBlacklistDomain, "exchange-online"), "5.7.800", "550 5.7.800"), []string{"ms-banned-domain"}, []string{"delist-domain", "delist-domain-list"}},
	{"Microsoft S8001", replied(named(diag.CauseBlacklistDomain, "spamhaus-dbl"), "5.7.1", "550 5.7.1 Helo domain is listed in Spamhaus (S8001)"), []string{"domain-helo", "delist-dbl"}, nil},
	{"Microsoft 5.7.515", replied(caseOf(diag.CauseDKIM), "5.7.515", "550 5.7.515 Access denied"), []string{"ms-auth-level", "dmarc-publish", "dkim-enable"}, nil},
	{"Gmail", named(diag.CauseReputationIP, "gmail"), []string{"gmail-tools", "gmail-wait", "identity-check"}, []string{"rated-wait"}},
	{"Gmail, domain", named(diag.CauseReputationDomain, "gmail"), []string{"gmail-tools", "gmail-wait"}, nil},
	{"Gmail over IPv6", replied(named(diag.CauseNoPTR, "gmail"), "5.7.1", "550-5.7.1 does not meet IPv6 sending guidelines"), []string{"ipv6-off", "ptr-request"}, nil},
	{"Yahoo", named(diag.CauseReputationIP, "yahoo"), []string{"yahoo-codes", "delist-yahoo"}, []string{"rated-wait"}},
	{"Proofpoint", named(diag.CauseReputationIP, "proofpoint"), []string{"delist-proofpoint", "source-find"}, []string{"rated-wait"}},
	{"Cisco", named(diag.CauseReputationIP, "cisco"), []string{"cisco-lookup", "delist-cisco"}, []string{"rated-wait"}},
	{"Cloudmark", named(diag.CauseReputationIP, "cloudmark"), []string{"delist-cloudmark"}, []string{"rated-wait"}},
	{"United Internet", named(diag.CausePolicy, "united-internet"), []string{"ui-letter", "helo-set", "delist-ui"}, []string{"policy-all"}},
	{"United Internet, PTR", provided(diag.CauseNoPTR, "united-internet"), []string{"ui-letter", "ptr-request"}, []string{"delist-ui"}},
	{"T-Online, unknown address", replied(named(diag.CauseReputationIP, "t-online"), "", "554 IP=198.51.100.11 - A problem occurred. (NOWL)"), []string{"telekom-imprint", "delist-telekom"}, sourceSteps},
	{"T-Online, unknown address that a list holds", found(replied(named(diag.CauseReputationIP, "t-online"), "", "554 (NOWL)"), listed("spamhaus-zen", "127.0.0.2 SBL")), append([]string{"telekom-imprint", "delist-sbl"}, sourceSteps...), nil},
	{"T-Online, listed", replied(named(diag.CauseReputationIP, "t-online"), "", "554 IP=198.51.100.11 - None/bad reputation. (BL)"), append([]string{"delist-telekom"}, sourceSteps...), []string{"ptr-static"}},
	{"T-Online, dial-up", replied(named(diag.CauseReputationIP, "t-online"), "", "554 IP=198.51.100.11 - Dialup/transient IP not allowed. (DIAL)"), []string{"ptr-static"}, nil},
	{"Orange", named(diag.CauseBlacklistIP, "orange"), []string{"orange-code", "orange-slow", "delist-orange"}, []string{"delist-when-clean"}},
	{"La Poste", named(diag.CauseRate, "laposte"), []string{"orange-code", "orange-slow"}, nil},
	{"Comcast", named(diag.CauseBlacklistIP, "comcast"), []string{"comcast-code", "delist-comcast"}, nil},
	{"greylisting", named(diag.CauseRate, "postgrey"), []string{"rate-wait"}, []string{"rate-run", "rate-slow"}},
	{"receiver's fault", named(diag.CauseReceiverFault, "spamhaus-zen"), []string{"receiver-clean", "receiver-tell", "receiver-retry"}, []string{"delist-zen"}},
	{"SURBL", named(diag.CauseBlacklistDomain, "surbl"), []string{"delist-surbl", "link-drop", "site-clean"}, []string{"delist-dbl", "delist-domain"}},

	// Situations and identities.
	{"stolen password", situated(diag.CauseBlacklistIP, SituationStolenPassword), []string{"mailbox-limit", "password-change", "smtp-restart", "hold-run", "client-clean"}, append([]string{"relay-test"}, sourceSteps...)},
	{"web script", situated(diag.CauseReputationIP, SituationWebScript), []string{"script-stop", "script-clean", "hold-run"}, sourceSteps},
	{"young address", situated(diag.CauseReputationIP, SituationYoungAddress), []string{"young-history", "young-warm-up"}, nil},
	{"NAT pool", situated(diag.CauseBlacklistIP, SituationNATPool), []string{"client-port25", "nat-one"}, nil},
	{"redirected spam", situated(diag.CauseBlacklistIP, SituationForwarded), []string{"catchalls-off", "redirect-catchall-remove", "delist-when-clean"}, []string{"source-find"}},
	{"forwarded, SPF", situated(diag.CauseSPF, SituationForwarded), []string{"forward-remail", "forward-end", "tell-mailbox-owner"}, []string{"spf-add", "spf-publish"}},
	{"foreign domain, DMARC", identified(caseOf(diag.CauseDMARC), diag.IdentityForeign, "bank.example"), []string{"forward-remail", "forward-end"}, []string{"dmarc-align", "dmarc-publish", "dkim-enable", "spf-add"}},
	{"foreign domain with a failed check", found(identified(caseOf(diag.CauseSPF), diag.IdentityForeign, "bank.example"), finding("spf-none", diag.StatusWarn)), []string{"forward-end"}, []string{"spf-publish", "spf-add"}},
	{"foreign listed domain", identified(named(diag.CauseBlacklistDomain, "spamhaus-dbl"), diag.IdentityForeign, "bank.example"), []string{"forward-end"}, []string{"delist-dbl", "site-clean"}},
	{"our domain, SPF", identified(caseOf(diag.CauseSPF), diag.IdentityOurs, "kunde.example"), []string{"spf-add"}, []string{"whose-domain", "forward-end"}},
	{"written here, SPF", situated(diag.CauseSPF, SituationOurs), []string{"spf-add"}, []string{"whose-domain"}},
	{"SPF through a smart host", situated(diag.CauseSPF, SituationSmartHost), []string{"spf-include"}, []string{"spf-add"}},
	{"smart host that SPF forbids", found(situated(diag.CauseSmartHost, SituationSmartHost), finding("spf-fail", diag.StatusFail)), []string{"spf-include", "smart-host-login"}, []string{"spf-add"}},
	{"smart host listed", identified(named(diag.CauseBlacklistIP, "spamhaus-css"), diag.IdentityRelay, ""), []string{"smart-host-source", "smart-host-owner"}, []string{"delist-css", "dnsbl-again", "relay-test"}},
	{"smart host without PTR", situated(diag.CauseNoPTR, SituationSmartHost), []string{"smart-host-owner"}, []string{"ptr-request", "ptr-forward", "helo-set"}},
	{"smart host found in the settings", found(caseOf(diag.CauseNoPTR), finding("smart-host-in-use", diag.StatusWarn)), []string{"smart-host-owner"}, []string{"ptr-request"}},

	// What the checks found.
	{"PTR missing", found(caseOf(diag.CauseNoPTR), finding("ptr-missing", diag.StatusFail)), []string{"ptr-request", "ptr-forward"}, []string{"ptr-ok-now"}},
	{"PTR right by now", found(caseOf(diag.CauseNoPTR), finding("ptr-ok", diag.StatusPass)), []string{"ptr-ok-now"}, []string{"ptr-request", "route-domain"}},
	{"PTR delegation broken", found(caseOf(diag.CauseNoPTR), finding("ptr-delegation-broken", diag.StatusFail)), []string{"ptr-delegated"}, []string{"ptr-request"}},
	{"PTR zone silent", found(caseOf(diag.CauseNoPTR), finding("ptr-unknown", diag.StatusUnknown)), []string{"ptr-zone-broken"}, nil},
	{"private address", found(caseOf(diag.CauseNoPTR), finding("ptr-private", diag.StatusWarn)), []string{"ptr-public-address"}, []string{"ptr-request"}},
	{"reputation without PTR", found(caseOf(diag.CauseReputationIP), finding("ptr-missing", diag.StatusFail)), []string{"ptr-request"}, nil},
	{"policy with a short HELO", found(caseOf(diag.CausePolicy), finding("helo-not-fqdn", diag.StatusFail)), []string{"helo-full-name"}, nil},
	{"relay proven closed", found(caseOf(diag.CauseBlacklistIP), finding("relay-closed", diag.StatusPass)), []string{"source-find"}, []string{"relay-test", "relay-local-off"}},
	{"relay proven open", found(caseOf(diag.CauseUnknown), finding("relay-open", diag.StatusFail)), []string{"relay-local-off", "relay-auth-on", "relay-ranges"}, nil},
	{"listed, relay proven open", found(caseOf(diag.CauseBlacklistIP), finding("relay-open", diag.StatusFail)), []string{"relay-local-off", "relay-outside", "source-find"}, []string{"relay-test"}},
	{"listed, relay for forged local senders", found(caseOf(diag.CauseBlacklistIP), finding("relay-forged-local", diag.StatusFail)), []string{"relay-local-off"}, []string{"relay-test"}},
	{"relay for forged local senders", found(caseOf(diag.CauseRate), finding("relay-forged-local", diag.StatusFail)), []string{"relay-local-off", "relay-auth-on"}, nil},
	{"relay open means nothing to an unknown recipient", found(caseOf(diag.CauseRecipient), finding("relay-open", diag.StatusFail)), nil, []string{"relay-local-off"}},
	{"no SPF record", found(caseOf(diag.CauseSPF), finding("spf-none", diag.StatusWarn)), []string{"spf-publish"}, []string{"spf-add"}},
	{"broken SPF record", found(caseOf(diag.CauseSPF), finding("spf-permerror", diag.StatusFail)), []string{"spf-repair"}, nil},
	{"SPF passes by now", found(caseOf(diag.CauseSPF), finding("spf-pass", diag.StatusPass)), []string{"spf-fine-now"}, []string{"spf-add"}},
	{"port 25 blocked", found(caseOf(diag.CauseUnreachable), finding("outbound-blocked", diag.StatusFail)), []string{"way-out", "ptr-static"}, nil},
}

func TestVariants(t *testing.T) {
	b := book(t)
	for _, row := range variants {
		got := ids(b.For(row.c, sampleValues()))
		for _, id := range row.has {
			if !slices.Contains(got, id) {
				t.Errorf("%s: step %s is missing from %v", row.name, id, got)
			}
		}
		for _, id := range row.lacks {
			if slices.Contains(got, id) {
				t.Errorf("%s: step %s does not fit, among %v", row.name, id, got)
			}
			if b.steps[id] == nil {
				t.Errorf("%s: there is no step %s", row.name, id)
			}
		}
	}
}

// The instant stop comes before the repair, and a stolen password is limited
// before it is changed, changed before the service restarts.
func TestOrderInsidePhases(t *testing.T) {
	b := book(t)
	for _, row := range []struct {
		c     Case
		order []string
	}{
		{situated(diag.CauseBlacklistIP, SituationStolenPassword), []string{"mailbox-limit", "password-change", "smtp-restart", "hold-run", "client-clean", "delist-when-clean"}},
		{situated(diag.CauseBlacklistIP, SituationForwarded), []string{"catchalls-off", "redirect-handling", "redirect-catchall-remove", "delist-when-clean"}},
		{named(diag.CauseBlacklistIP, "spamhaus-css"), []string{"source-find", "css-identity", "delist-css", "dnsbl-again"}},
		{caseOf(diag.CauseOpenRelay), []string{"relay-local-off", "relay-auth-on", "smtp-restart", "hold-run", "run-drop", "delist-when-clean", "relay-outside"}},
		{identified(caseOf(diag.CauseSPF), diag.IdentityForeign, "bank.example"), []string{"forward-remail", "forward-end"}},
	} {
		got := ids(b.For(row.c, sampleValues()))
		last := -1
		for _, id := range row.order {
			i := slices.Index(got, id)
			if i <= last {
				t.Errorf("%s: %s is not after %v in %v", row.c.label(), id, row.order, got)
			}
			last = max(last, i)
		}
	}
}

// A list that a check found is shown with its own name and page, one step for
// each list and domain.
func TestFoundListsKeepTheirNames(t *testing.T) {
	b := book(t)
	c := named(diag.CauseBlacklistIP, "x-first")
	c.Verdict.LookupURL = "https://first.example/why"
	c.Findings = []diag.Finding{listed("x-second", "127.0.0.2")}
	v := sampleValues()
	v.NameOf = func(id string) string { return strings.ToUpper(id) }
	var got []string
	for _, s := range b.For(c, v) {
		if s.ID == "delist-list" {
			got = append(got, s.Key()+" "+s.Title+" "+s.Do[0])
		}
	}
	want := []string{
		"delist-list:x-first Ask X-FIRST for removal, once https://first.example/why",
		"delist-list:x-second Ask X-SECOND for removal, once https://x-second.example/lookup",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}

	c = named(diag.CauseBlacklistDomain, "spamhaus-dbl")
	for _, d := range []string{"shop.example", "kunde.example"} {
		f := listed("spamhaus-dbl", "127.0.1.102 abused")
		f.Subject = d
		c.Findings = append(c.Findings, f)
	}
	got = nil
	for _, s := range b.For(c, sampleValues()) {
		if s.ID == "delist-dbl" {
			got = append(got, s.Key()+" "+s.Title)
		}
	}
	want = []string{
		"delist-dbl:shop.example Ask Spamhaus to take shop.example off the DBL",
		"delist-dbl:kunde.example Ask Spamhaus to take kunde.example off the DBL",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
