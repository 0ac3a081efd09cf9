package reply

import (
	"strings"
	"testing"
	"time"

	"metriage/diag"
)

// TestVerdicts are the traps: replies that a search for words takes for
// something else.
func TestVerdicts(t *testing.T) {
	c := newClassifier(t, Options{})
	for _, tc := range []struct {
		name, raw string
		ctx       Context
		cause     diag.Cause
		named     string
		provider  string
		zone      string
		code      string
	}{
		{name: "the vendor's article", raw: "554-mail.example.com 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.",
			cause: diag.CauseReputationIP, named: "cisco", provider: "cisco"},
		{name: "United Internet, c=sp", raw: "554-kundenserver.de (mxeue009) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Reject due to policy restrictions.\n554 For explanation visit\nhttps://www.ionos.com/help/index.php?id=2425&ip=192.0.2.58&c=sp",
			cause: diag.CausePolicy, named: "united-internet", provider: "united-internet"},
		{name: "United Internet, the link decides", raw: "554-kundenserver.de (mxeue009) Nemesis ESMTP Service not available\n554-No SMTP service\n554 For explanation visit http://postmaster.1and1.com/en/error-messages?ip=192.0.2.58&c=bip",
			cause: diag.CauseBlacklistIP, named: "united-internet", provider: "united-internet"},
		{name: "greylisting is not user unknown", raw: "450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html", cause: diag.CauseRate, named: "postgrey"},
		{name: "DNS failure during SPF", raw: "451 4.4.3 <user@example.com>: Recipient address rejected: Temporary DNS failure while looking up SPF record", cause: diag.CauseDNSFailure},
		{name: "SPF at the recipient", raw: "550 5.7.1 <user@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized", cause: diag.CauseSPF},
		{name: "a list at the recipient", raw: "554 5.7.1 <user@example.com>: Recipient address rejected: Blocked, 192.0.2.10 is listed at zen.spamhaus.org", cause: diag.CauseBlacklistIP, named: "spamhaus-zen", zone: "zen.spamhaus.org"},
		{name: "XBL within sbl-xbl", raw: "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using sbl-xbl.spamhaus.org", cause: diag.CauseBlacklistIP, named: "spamhaus-zen", zone: "sbl-xbl.spamhaus.org"},
		{name: "XBL", raw: "554 Refused. Your IP address is listed in the RBL at xbl.spamhaus.org", cause: diag.CauseBlacklistIP, named: "spamhaus-xbl", zone: "xbl.spamhaus.org"},
		{name: "the answer code decides: CSS", raw: "550 5.7.1 rejected, zen.spamhaus.org=127.0.0.3", cause: diag.CauseBlacklistIP, named: "spamhaus-css", zone: "zen.spamhaus.org", code: "127.0.0.3"},
		{name: "the answer code decides: PBL", raw: "550 5.7.1 :127.0.0.11:Client host 192.0.2.10 blocked using zen.spamhaus.org", cause: diag.CauseBlacklistIP, named: "spamhaus-pbl", zone: "zen.spamhaus.org", code: "127.0.0.11"},
		{name: "CSS by the link", raw: "550 5.7.1 Refused, see https://www.spamhaus.org/sbl/query/SBLCSS", cause: diag.CauseBlacklistIP, named: "spamhaus-css"},
		{name: "SBL by the link", raw: "550 5.7.1 Refused, see https://www.spamhaus.org/sbl/query/SBL123456", cause: diag.CauseBlacklistIP, named: "spamhaus-sbl"},
		{name: "DBL", raw: "554 5.7.1 Service unavailable; Sender address [info@sender.example] blocked using dbl.spamhaus.org", cause: diag.CauseBlacklistDomain, named: "spamhaus-dbl", zone: "dbl.spamhaus.org"},
		{name: "HELO name on DBL", raw: "554 5.7.1 Service unavailable; Helo command [mx.sender.example] blocked using dbl.spamhaus.org", cause: diag.CauseBlacklistDomain, named: "spamhaus-dbl", zone: "dbl.spamhaus.org"},
		{name: "their resolver", raw: "554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/198.51.100.7/", cause: diag.CauseReceiverFault, named: "spamhaus-zen", zone: "zen.spamhaus.org"},
		{name: "their resolver by the code", raw: "550 5.7.1 zen.spamhaus.org=127.255.255.254", cause: diag.CauseReceiverFault, named: "spamhaus-zen", zone: "zen.spamhaus.org", code: "127.255.255.254"},
		{name: "a dead list", raw: "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using dnsbl.sorbs.net", cause: diag.CauseReceiverFault, named: "sorbs", zone: "dnsbl.sorbs.net"},
		{name: "a dead list beside a live one", raw: "554 5.7.1 Client host [192.0.2.10] blocked using bl.spamcop.net, also listed by dnsbl.sorbs.net", cause: diag.CauseBlacklistIP, named: "spamcop", zone: "bl.spamcop.net"},
		{name: "a dead list while it lived", raw: "554 5.7.1 Client host [192.0.2.10] blocked using dnsbl.sorbs.net", ctx: Context{At: time.Date(2019, 1, 2, 0, 0, 0, 0, time.UTC)}, cause: diag.CauseBlacklistIP, named: "sorbs", zone: "dnsbl.sorbs.net"},
		{name: "a text that names every list", raw: "550 5.7.1 Message refused. Your server may be on a list such as Spamhaus, SpamCop, SORBS, Barracuda or UCEPROTECT. Contact your administrator.", cause: diag.CauseBlacklistIP, named: ""},
		{name: "5.7.27 at Gmail", raw: "550-5.7.27 Your email has been blocked because SPF did not pass for sender.example - gsmtp", cause: diag.CauseSPF, named: "gmail", provider: "gmail"},
		{name: "5.7.27 elsewhere", raw: "550 5.7.27 <info@sender.example>: Sender address rejected: Domain sender.example does not accept mail (nullMX)", cause: diag.CauseSenderAddress},
		{name: "5.7.25 by a code alone", raw: "550 5.7.25 [192.0.2.10] refused x1.2 - gsmtp", cause: diag.CauseNoPTR, named: "gmail", provider: "gmail"},
		{name: "host names are no words", raw: "550 5.1.1 spamfilter.blacklist-host.example: User unknown", cause: diag.CauseRecipient},
		{name: "addresses are no words", raw: "550 5.1.1 <spam.trap@quota.example>: User unknown", cause: diag.CauseRecipient},
		{name: "Exchange, inner reply", raw: "Remote Server returned '554 5.7.1 <gw.example.com #5.7.1 smtp;550 5.7.1 Service unavailable, Client host [192.0.2.10] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.10 (AS16012611)>'", cause: diag.CauseBlacklistIP, named: "spamhaus-zen"},
		{name: "relay around T-Online", raw: "450 4.7.1 [EAB] 554 IP=192.0.2.10 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)", cause: diag.CauseBlacklistIP, named: "t-online"},
		{name: "relaying denied", raw: "554 5.7.1 <user@example.com>: Relay access denied", cause: diag.CauseRelayDenied},
		{name: "relaying denied by our own relay", raw: "554 5.7.1 <user@example.com>: Relay access denied", ctx: Context{SmartHost: true}, cause: diag.CauseSmartHost},
		{name: "not a listing: Barracuda's per-recipient failure", raw: "550 permanent failure for one or more recipients (user@example.com:blocked)", cause: diag.CauseContentSpam, named: "barracuda-ess"},
		{name: "MailEnable: domain unknown", raw: "The message could not be delivered because the domain name (nosuch.example) does not appear to be registered.\n\nReason Code: Invalid Domain Name\nError Number: 9003", cause: diag.CauseRecipient},
		{name: "MailEnable: their name servers fail", raw: "The message could not be delivered because the domain name (slow.example) does not appear to be registered.\n\nReason Code: Server failure\nError Number: 9002", cause: diag.CauseDNSFailure},
		{name: "first line of Gmail's", raw: "550-5.7.26 This mail has been blocked because the sender is unauthenticated.", cause: diag.CauseSPF},
		{name: "first line of Gmail's that says nothing", raw: "550-5.7.1 [192.0.2.10      12] Our system has detected that this message is", cause: diag.CauseContentSpam},
		{name: "first line of United Internet's", raw: "554-kundenserver.de (mxeue009) Nemesis ESMTP Service not available", cause: diag.CausePolicy, named: "united-internet"},
		{name: "nothing to go by", raw: "550 5.0.0 tough luck", cause: diag.CauseUnknown},
		{name: "provider by its host", raw: "550 5.7.1 not today", ctx: Context{RemoteHost: "sender-example.mail.protection.outlook.com"}, cause: diag.CausePolicy, provider: "exchange-online"},
		{name: "provider by the recipient", raw: "550 5.7.25 no", ctx: Context{Recipient: "user@gmail.com"}, cause: diag.CauseNoPTR, provider: "gmail"},
		{name: "S3150 is the consumer service", raw: "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent. part of their network is on our block list (S3150). [XX1.eop-EUR01.prod.protection.outlook.com]", cause: diag.CauseBlacklistIP, named: "microsoft-consumer", provider: "microsoft-consumer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := c.Classify(Parse(tc.raw), tc.ctx)
			if v.Cause != tc.cause {
				t.Errorf("cause %s (rule %s, %q), want %s", v.Cause, v.Rule, v.Because, tc.cause)
			}
			if v.Named != tc.named && (tc.named != "" || strings.Contains(tc.name, "every list")) {
				t.Errorf("named %q, want %q", v.Named, tc.named)
			}
			if tc.provider != "" && v.Provider != tc.provider {
				t.Errorf("provider %q, want %q", v.Provider, tc.provider)
			}
			if v.ListZone != tc.zone && tc.zone != "" || v.ListCode != tc.code && tc.code != "" {
				t.Errorf("zone %q, code %q; want %q, %q", v.ListZone, v.ListCode, tc.zone, tc.code)
			}
			if v.Rule != "" && len(v.Because) == 0 {
				t.Error("nothing says why")
			}
			if cached, w := c.Text(tc.raw, tc.ctx); w.Cause != v.Cause || w.Named != v.Named || cached.Raw != tc.raw {
				t.Errorf("cached: %s %s", w.Cause, w.Named)
			}
		})
	}
}

// TestIdentity: whose address or domain failed.
func TestIdentity(t *testing.T) {
	c := newClassifier(t, Options{})
	own := func(d string) (bool, bool) { return d == "sender.example", true }
	for _, tc := range []struct {
		name, raw string
		ctx       Context
		identity  diag.Identity
		domain    string
	}{
		{"our domain", "550 5.7.23 SPF check of domain sender.example failed", Context{OwnDomain: own}, diag.IdentityOurs, "sender.example"},
		{"a host of our domain", "550 5.7.1 mail.sender.example's DMARC policy says reject", Context{OwnDomain: own}, diag.IdentityOurs, "mail.sender.example"},
		{"forwarded mail", "550-5.7.26 The MAIL FROM domain [news.example.net] has an SPF record with a hard fail policy (-all) - gsmtp", Context{OwnDomain: own, Sender: "bounce@news.example.net"}, diag.IdentityForeign, "news.example.net"},
		{"no list of our domains", "550 5.7.23 SPF check of domain sender.example failed", Context{}, diag.IdentityUnknown, "sender.example"},
		{"the sender where the reply names no domain", "550 SPF Sender Invalid - envelope rejected", Context{OwnDomain: own, Sender: "info@sender.example"}, diag.IdentityOurs, "sender.example"},
		{"not the recipient's domain", "550 5.7.1 <user@example.com>: Recipient address rejected: SPF fail", Context{OwnDomain: own, Sender: "info@sender.example", Recipient: "user@example.com"}, diag.IdentityOurs, "sender.example"},
		{"an address listed through our relay", "554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org", Context{SmartHost: true}, diag.IdentityRelay, ""},
		{"our address", "554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org", Context{}, diag.IdentityOurs, ""},
		{"somebody else reports it", "host mx.example.com[192.0.2.25] said: 554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org", Context{}, diag.IdentityUnknown, ""},
		{"no address or domain failed", "550 5.1.1 User unknown", Context{OwnDomain: own}, diag.IdentityUnknown, ""},
		{"a listed domain", "550 5.7.1 Message contains a link to sender.example, a domain listed in multi.surbl.org", Context{OwnDomain: own}, diag.IdentityOurs, "sender.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, v := range []diag.Verdict{c.Classify(Parse(tc.raw), tc.ctx), second(c.Text(tc.raw, tc.ctx)), second(c.Text(tc.raw, tc.ctx))} {
				if v.Identity != tc.identity || v.IdentityDomain != tc.domain {
					t.Errorf("%s %q, want %s %q (cause %s)", v.Identity, v.IdentityDomain, tc.identity, tc.domain, v.Cause)
				}
			}
		})
	}
}

func second(_ diag.Reply, v diag.Verdict) diag.Verdict { return v }

// TestLists: lists and closure dates that are handed in.
func TestLists(t *testing.T) {
	c := newClassifier(t, Options{Lists: []diag.ListRef{
		{ID: "wpbl", Zone: "db.wpbl.info", Closed: "2024-01-01"},
		{ID: "cbl", Zone: "cbl.abuseat.org", Closed: "2021-01-01"},
		{ID: "ours", Zone: "rbl.company.example"},
		{ID: "abusix", Zone: "{key}.combined.mail.abusix.zone"},
		{ID: "ahbl-any", Zone: "*.ahbl.org", Closed: "2015-01-01"},
		{ID: "rsync", Zone: "(rsync only)"},
		{ID: "invaluement-old", Zone: "sip.invaluement.com", Closed: "2015"},
		{ID: "s5h", Zone: "all.s5h.net", Closed: "2026-01-01"},
	}})
	for _, tc := range []struct {
		raw   string
		at    time.Time
		cause diag.Cause
		named string
		zone  string
	}{
		{raw: "550 5.7.1 192.0.2.10 blocked using db.wpbl.info", cause: diag.CauseReceiverFault, zone: "db.wpbl.info"},
		{raw: "550 5.7.1 192.0.2.10 blocked using db.wpbl.info", at: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), cause: diag.CauseBlacklistIP, zone: "db.wpbl.info"},
		// The CBL lives on as the XBL.
		{raw: "550 5.7.1 192.0.2.10 blocked using cbl.abuseat.org", cause: diag.CauseBlacklistIP, named: "spamhaus-xbl", zone: "cbl.abuseat.org"},
		{raw: "550 5.7.1 192.0.2.10 listed at rbl.company.example", cause: diag.CauseBlacklistIP, zone: "rbl.company.example"},
		{raw: "550 5.7.1 192.0.2.10 blocked using abcdef123.combined.mail.abusix.zone", cause: diag.CauseBlacklistIP, named: "abusix", zone: "combined.mail.abusix.zone"},
		// A zone that closed though its list lives on; every zone of an operator that closed them all.
		{raw: "550 5.7.1 192.0.2.10 blocked using sip.invaluement.com", cause: diag.CauseReceiverFault, named: "invaluement", zone: "sip.invaluement.com"},
		{raw: "550 5.7.1 192.0.2.10 is listed by invaluement", cause: diag.CauseBlacklistIP, named: "invaluement"},
		{raw: "550 5.7.1 192.0.2.10 listed at whois.rfc-ignorant.org", cause: diag.CauseReceiverFault, zone: "rfc-ignorant.org"},
		{raw: "550 5.7.1 192.0.2.10 listed at new.spam.dnsbl.sorbs.net", cause: diag.CauseReceiverFault, named: "sorbs", zone: "spam.dnsbl.sorbs.net"},
		// A list of the names table that has closed since.
		{raw: "550 5.7.1 192.0.2.10 blocked using all.s5h.net", cause: diag.CauseReceiverFault, named: "s5h", zone: "all.s5h.net"},
		{raw: "550 5.7.1 192.0.2.10 blocked using dnsbl.ahbl.org", cause: diag.CauseReceiverFault, named: "ahbl", zone: "dnsbl.ahbl.org"},
	} {
		v := c.Classify(Parse(tc.raw), Context{At: tc.at})
		if v.Cause != tc.cause || v.Named != tc.named || v.ListZone != tc.zone {
			t.Errorf("%q: %s (%s) %q %q; want %s %q %q", tc.raw, v.Cause, v.Rule, v.Named, v.ListZone, tc.cause, tc.named, tc.zone)
		}
	}
	if _, problems, err := New(Options{Lists: []diag.ListRef{{ID: "x", Zone: "x.example", Closed: "yesterday"}}}); err != nil || len(problems) != 1 {
		t.Errorf("a closure date that is none: %v, %v", problems, err)
	}
}

// TestLookups: which link is given.
func TestLookups(t *testing.T) {
	c := newClassifier(t, Options{})
	for _, tc := range []struct{ raw, want string }{
		{"554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org", "https://check.spamhaus.org/query/ip/192.0.2.10"},
		{"554 5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10", "https://www.spamhaus.org/query/ip/192.0.2.10"},
		{"554 5.7.1 Client host blocked using zen.spamhaus.org", "https://check.spamhaus.org/query/ip/"},
		{"550 5.7.1 blocked [192.0.2.10], see https://ipcheck.proofpoint.com/", "https://ipcheck.proofpoint.com/?ip=192.0.2.10"},
		{"550 5.7.1 Mail from 192.0.2.10 blocked using x; see http://www.spamhaus.org/query/bl?ip=$", "http://www.spamhaus.org/query/bl?ip=192.0.2.10"},
		{"550 refused, see javascript:alert(1)", ""},
	} {
		if v := c.Classify(Parse(tc.raw), Context{}); v.LookupURL != tc.want {
			t.Errorf("%q: %q, want %q", tc.raw, v.LookupURL, tc.want)
		}
	}
}
