package index

import (
	"bytes"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/reply"
)

// FuzzOpenFacts opens anything without falling over; what opens can be grouped
// and written again.
func FuzzOpenFacts(f *testing.F) {
	class, problems, err := reply.New(reply.Options{})
	if err != nil || len(problems) > 0 {
		f.Fatal(err, problems)
	}
	f.Add([]byte(`{"capsule":{"version":1,"installations":[{}]}}` + "\n" +
		`{"record":{"state":"failed","domain":"a.example","reply":"550 5.7.1 no","cause":"policy","first":5,"last":9,"stage":"rcpt"}}` + "\n" +
		`{"accepted":{"domain":"b.example","at":[5,1,1]}}` + "\n" + `{"end":{"records":1,"accepted":3}}` + "\n"))
	f.Add([]byte(`{"capsule":{"version":1}}` + "\n" + `{"accepted":{"installation":9,"at":[4294967295,1]}}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x := New(nil, Options{Classifier: class})
		if err := x.OpenFacts(bytes.NewReader(b), "root"); err != nil {
			return
		}
		v := x.View()
		for _, by := range []diag.GroupBy{diag.ByDomain, diag.ByProvider, diag.ByCause, diag.BySender} {
			v.Groups(by)
		}
		var out bytes.Buffer
		if err := v.WriteFacts(&out, time.Unix(0, 0), nil); err != nil {
			t.Fatal(err)
		}
		if err := New(nil, Options{Classifier: class}).OpenFacts(&out, "root"); err != nil {
			t.Fatalf("what was written does not open: %v", err)
		}
	})
}
