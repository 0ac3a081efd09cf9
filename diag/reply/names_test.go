package reply

import "testing"

func TestProvider(t *testing.T) {
	for host, want := range map[string]string{
		"mx.google.com":                           "gmail",
		"ASPMX.L.GOOGLE.COM.":                     "gmail",
		"example-com.mail.protection.outlook.com": "exchange-online",
		"hotmail-com.olc.protection.outlook.com":  "microsoft-consumer",
		"mx-ha03.web.de":                          "united-internet",
		"mx00.kundenserver.de":                    "united-internet",
		"mta7.am0.yahoodns.net":                   "yahoo",
		"mx01.mail.icloud.com":                    "apple",
		"mx0a-00012345.pphosted.com":              "proofpoint",
		"eu-smtp-inbound-1.mimecast.com":          "mimecast",
		"d405521.a.ess.uk.barracudanetworks.com":  "barracuda-ess",
		"cluster5.eu.messagelabs.com":             "symantec",
		"mx1.example.iphmx.com":                   "cisco",
		"mx-gate12-hz1.hornetsecurity.com":        "hornetsecurity",
		"mx1.mail.ovh.net":                        "ovh",
		"mail.example.com":                        "",
		"google.com.example.net":                  "",
		"zen.spamhaus.org":                        "", // a list runs no mail server
		"":                                        "",
	} {
		if got := Provider(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for id, want := range map[string]string{"spamhaus-css": "Spamhaus CSS", "postgrey": "greylisting", "x-ours": "x-ours", "": ""} {
		if got := Name(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	table, err := readNames(namesTOML)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.rows {
		switch r.Kind {
		case "list", "provider", "filter":
		default:
			t.Errorf("%s: kind %q", r.ID, r.Kind)
		}
		for code, id := range r.Codes {
			if _, ok := table.byID[id]; !ok || listCode(code) != code {
				t.Errorf("%s: code %s means %q", r.ID, code, id)
			}
		}
		if _, err := parseDay(r.Closed); err != nil {
			t.Errorf("%s: closed %q", r.ID, r.Closed)
		}
		if r.Parent != "" {
			if _, ok := table.byID[r.Parent]; !ok {
				t.Errorf("%s: parent %q", r.ID, r.Parent)
			}
		}
	}
	for _, bad := range []string{"[[name]]\nid = \"a\"\nname = \"A\"\n[[name]]\nid = \"a\"\nname = \"B\"", "[[name]]\nname = \"A\"", "[[name", "[[name]]\nid=\"a\"\nname=\"A\"\nhosts=[\"x\"]\n[[name]]\nid=\"b\"\nname=\"B\"\nhosts=[\"x\"]"} {
		if _, err := readNames([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
