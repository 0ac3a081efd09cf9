package sample

import "metriage/diag"

// greylisted and busy are what servers of healthy domains answer before they,
// or their second MX, take the message.
var (
	greylisted = &refusal{
		id: "greylist", stage: diag.StageRcpt, cause: diag.CauseRate,
		lines: []string{"450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, please come back in 15 minutes (ref {ref})"},
	}
	busy = &refusal{
		id: "busy", stage: diag.StageConnect, cause: diag.CausePolicy,
		lines: []string{"554 {host} no SMTP service here, use the other exchanger"},
	}
)

// refusals are the replies that the servers of samples give. They have the
// shape, codes and links by which the providers' replies are told, in words of
// this project.
func refusals() []refusal {
	return []refusal{
		// No reverse name.
		{id: "gmail-ptr", stage: diag.StageEndOfData, cause: diag.CauseNoPTR, lines: []string{
			"550-5.7.25 [{ip}] The IP address sending this message does not have a PTR",
			"550-5.7.25 record set up, or the name in it does not lead back to the address.",
			"550-5.7.25 The message is refused by policy. To learn more, visit",
			"550 5.7.25 https://support.google.com/mail/answer/81126 {ref} - gsmtp",
		}, vague: true},
		{id: "nemesis-rdns", stage: diag.StageConnect, cause: diag.CauseNoPTR, lines: []string{
			"554-{host} (mxeue104) Nemesis ESMTP Service not available",
			"554-No SMTP service",
			"554-Bad DNS PTR resource record.",
			"554 For explanation visit https://www.ionos.com/help/index.php?id=2425&ip={ip}&c=rdns",
		}, vague: true},
		{id: "postfix-rdns-helo", stage: diag.StageHELO, cause: diag.CauseNoPTR, lines: []string{
			"550 5.7.1 {host}: no reverse DNS record (PTR) found for your address [{ip}], not talking to you",
		}},
		// Listed address.
		{id: "exchange-banned", stage: diag.StageRcpt, cause: diag.CauseBlacklistIP, lines: []string{
			"550 5.7.606 Access denied, banned sending IP [{ip}]. To request removal from this list please visit https://sender.office.com/ and follow the directions. For more information see https://go.microsoft.com/fwlink/?LinkID=526655 (AS16012609)",
		}},
		{id: "outlook-s3140", stage: diag.StageMail, cause: diag.CauseBlacklistIP, lines: []string{
			"550 5.7.1 Unfortunately, messages from [{ip}] were not accepted, since part of their network is on our block list (S3140). Please contact your Internet service provider or see http://mail.live.com/mail/troubleshooting.aspx#errors. [{host} {ref}]",
		}},
		{id: "zen-css", stage: diag.StageRcpt, cause: diag.CauseBlacklistIP, lines: []string{
			"554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/sbl/query/SBLCSS",
		}},
		{id: "yahoo-bl21", stage: diag.StageConnect, cause: diag.CauseBlacklistIP, lines: []string{
			"553 5.7.1 [BL21] Connections will not be accepted from {ip}, because the ip is in Spamhaus's list; see https://postmaster.yahooinc.com/error-codes",
		}},
		// Reputation.
		{id: "cisco", stage: diag.StageConnect, cause: diag.CauseReputationIP, lines: []string{
			"554-{host}",
			"554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you think that this is wrong, please reach the intended recipient by another way.",
		}, vague: true},
		{id: "t-online", stage: diag.StageConnect, cause: diag.CauseReputationIP, lines: []string{
			"554 IP={ip} - None/bad reputation. Ask your postmaster for help or to contact tobr@rx.t-online.de for reset. (NOWL)",
		}},
		{id: "proofpoint", stage: diag.StageConnect, cause: diag.CauseReputationIP, lines: []string{
			"554 Blocked - see https://ipcheck.proofpoint.com/?ip={ip}",
		}},
		{id: "reputation-host", stage: diag.StageConnect, cause: diag.CauseReputationIP, lines: []string{
			"554 {host} refuses your address for its poor reputation",
		}},
		// Not about the address.
		{id: "spf", stage: diag.StageRcpt, cause: diag.CauseSPF, lines: []string{
			"550 5.7.23 The message was rejected because of Sender Policy Framework violation: {ip} is not allowed to send mail from {sdomain}",
		}},
		{id: "dmarc", stage: diag.StageEndOfData, cause: diag.CauseDMARC, lines: []string{
			"550 5.7.1 Message rejected due to the DMARC policy of {sdomain}: {ref}",
		}},
		{id: "spam", stage: diag.StageEndOfData, cause: diag.CauseContentSpam, lines: []string{
			"554 5.7.1 Message rejected as spam by content filter (ref {ref})",
		}},
		{id: "size", stage: diag.StageMail, cause: diag.CauseSize, lines: []string{
			"552 5.3.4 {host}: message size exceeds fixed limit",
		}},
		{id: "tls", stage: diag.StageMail, cause: diag.CauseTLS, lines: []string{
			"530 5.7.0 Must issue a STARTTLS command first",
		}},
		{id: "relay", stage: diag.StageRcpt, cause: diag.CauseRelayDenied, lines: []string{
			"550 5.7.1 <{rcpt}>... Relaying denied",
		}},
		{id: "unknown-user", stage: diag.StageRcpt, cause: diag.CauseRecipient, lines: []string{
			"550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in virtual mailbox table",
		}},
		{id: "no-such-user", stage: diag.StageRcpt, cause: diag.CauseRecipient, lines: []string{
			"550-5.1.1 The email account that you tried to reach does not exist. Please check",
			"550-5.1.1 the address for typing errors. Learn more at",
			"550 5.1.1 https://support.google.com/mail/?p=NoSuchUser {ref} - gsmtp",
		}},
		{id: "no-mailbox", stage: diag.StageRcpt, cause: diag.CauseRecipient, lines: []string{
			"550 Requested action not taken: mailbox unavailable",
		}},
		{id: "full", stage: diag.StageRcpt, cause: diag.CauseMailboxFull, lines: []string{
			"552 5.2.2 <{rcpt}>: user is over quota, mailbox full",
		}},
		{id: "opaque", stage: diag.StageEndOfData, cause: diag.CauseUnknown, lines: []string{
			"554 KX-41 ({ref})",
		}},
		{id: "hostile", stage: diag.StageEndOfData, cause: diag.CauseContentSpam, lines: []string{
			"554 5.7.1 Spam message rejected \x1b[31mred\x1b[0m \u202egnp.exe =HYPERLINK(\"http://evil.test\")",
		}},
		{id: "unregistered", stage: diag.StageUnknown, cause: diag.CauseRecipient, local: true, lines: []string{
			"The message could not be delivered because the domain name ({domain}) does not appear to be registered.",
		}},
		{id: "zen-xbl", stage: diag.StageRcpt, cause: diag.CauseBlacklistIP, lines: []string{
			"554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{ip} (XBL)",
		}},
		{id: "spamcop", stage: diag.StageRcpt, cause: diag.CauseBlacklistIP, lines: []string{
			"550 5.7.1 Client host [{ip}] blocked using bl.spamcop.net; see https://www.spamcop.net/bl.shtml?{ip}",
		}},
		{id: "open-relay", stage: diag.StageMail, cause: diag.CauseOpenRelay, lines: []string{
			"554 5.7.1 {host}: your server [{ip}] is an open relay, mail from it is refused",
		}},
		{id: "helo-name", stage: diag.StageHELO, cause: diag.CauseHELO, lines: []string{
			"550 5.7.1 {host}: Helo command rejected: {helo} is no fully-qualified host name",
		}},
		{id: "generic-ptr", stage: diag.StageRcpt, cause: diag.CausePTRGeneric, lines: []string{
			"550 5.7.1 Client host [{ip}] rejected: generic rDNS name, use the SMTP server of your ISP",
		}},
		{id: "gmail-spf", stage: diag.StageEndOfData, cause: diag.CauseSPF, lines: []string{
			"550-5.7.27 Your email has been blocked because the sender is unauthenticated.",
			"550-5.7.27 Gmail requires all senders to authenticate with SPF.",
			"550-5.7.27 SPF [{sdomain}] with ip: [{ip}] = Did not pass. See",
			"550 5.7.27 https://support.google.com/mail/answer/81126 {ref} - gsmtp",
		}, vague: true},
		{id: "gmail-unsolicited", stage: diag.StageEndOfData, cause: diag.CauseContentSpam, lines: []string{
			"550-5.7.1 [{ip}] Our system has detected that this message is likely unsolicited mail.",
			"550-5.7.1 To reduce spam it has been blocked. Please visit",
			"550 5.7.1 https://support.google.com/mail/?p=UnsolicitedMessageError {ref} - gsmtp",
		}},
		{id: "gmail-low-ip", stage: diag.StageEndOfData, cause: diag.CauseReputationIP, lines: []string{
			"550-5.7.1 [{ip}] Our system has detected that this message is suspicious due to the very low reputation of the sending IP address.",
			"550 5.7.1 Please visit https://support.google.com/mail/answer/188131 {ref} - gsmtp",
		}},
		{id: "sorbs", stage: diag.StageRcpt, cause: diag.CauseReceiverFault, lines: []string{
			"554 5.7.1 Service unavailable; Client host [{ip}] blocked using dnsbl.sorbs.net; see http://www.sorbs.net/lookup.shtml?{ip}",
		}},
		{id: "resolver-refused", stage: diag.StageRcpt, cause: diag.CauseReceiverFault, lines: []string{
			"554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/",
		}},
		{id: "tenant", stage: diag.StageEndOfData, cause: diag.CauseSmartHost, lines: []string{
			"550 5.7.705 Service unavailable. Access denied, tenant has exceeded threshold. [{host} {ref}]",
		}},
		{id: "not-owned", stage: diag.StageRcpt, cause: diag.CauseSmartHost, lines: []string{
			"550 5.7.60 SMTP; Client does not have permissions to send as this sender [{host} {ref}]",
		}},
		// Not final.
		{id: "gmail-rate", stage: diag.StageEndOfData, cause: diag.CauseRate, lines: []string{
			"421-4.7.28 [{ip}] Gmail has detected an unusual rate of unsolicited mail from your address.",
			"421 4.7.28 Please visit https://support.google.com/mail/?p=UnsolicitedRateLimitError {ref} - gsmtp",
		}},
		{id: "ms-650", stage: diag.StageMail, cause: diag.CauseReputationIP, lines: []string{
			"451 4.7.650 The mail server [{ip}] has been temporarily rate limited due to IP reputation. For delivery information see https://aka.ms/postmaster (S775) [{host} {ref}]",
		}},
		*greylisted,
		{id: "yahoo-tss", stage: diag.StageConnect, cause: diag.CauseReputationIP, lines: []string{
			"421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to unexpected volume or user complaints; see https://postmaster.yahooinc.com/error-codes",
		}},
		{id: "full-now", stage: diag.StageRcpt, cause: diag.CauseMailboxFull, lines: []string{
			"452 4.2.2 <{rcpt}>: mailbox is full, try again later",
		}},
		{id: "local-problem", stage: diag.StageEndOfData, cause: diag.CauseOther, lines: []string{
			"451 4.3.0 Local error in processing, try again later ({ref})",
		}},
		{id: "rate-mail", stage: diag.StageMail, cause: diag.CauseRate, lines: []string{
			"450 4.7.1 Too many messages from {ip} in this hour, slow down",
		}},
		{id: "unreachable", stage: diag.StageUnknown, cause: diag.CauseUnreachable, silent: true, lines: []string{
			"The remote mail server could not be contacted.",
		}},
	}
}
