package index

import (
	"context"
	"testing"
	"time"

	"metriage/diag"
)

// A message that was requeued under a new id is one message: what any source
// says under either id is one failure, and the first id's sender is its sender.
func TestRequeuedIsOneMessage(t *testing.T) {
	const (
		log   = "Logging/SMTP/SMTP-Activity-261124.log"
		debug = "Logging/SMTP/SMTP-Debug-261124.log"
		mta   = "Logging/MTA/MTA-Activity-261124.log"
		inbox = "Postoffices/po/MAILROOT/mb/Inbox/"
		out   = "Queues/SMTP/Outgoing/"
		no    = "550 5.1.1 no such user"
	)
	at := now.Add(-3 * time.Hour)
	requeued := func(a, b int, domain string) string {
		return at.Format("01/02/06 15:04:05") + "\tME-I0018: [" + id(a) + "] requeued as [" + id(b) + "] for target domain [" + domain + "]\r\n"
	}
	tests := []struct {
		name  string
		files func(s *site)
		want  string
	}{
		{"an NDR under the first id hours after the log's second one", func(s *site) {
			s.file(debug, requeued(5, 7, "x.example"))
			s.file(inbox+id(1), header("anna@ours.example", at.Add(2*time.Hour), "a")+e0193(id(5), "x.example", "554 no"))
			s.file(log, session(at, id(7), "11", "554 mx.filter.example no", "", nil))
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"without the link they are two", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at.Add(2*time.Hour), "a")+e0193(id(5), "x.example", "554 no"))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"tried under both ids", func(s *site) {
			s.file(debug, requeued(5, 7, "x.example"))
			s.file(log, session(at, id(5), "10", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "451 later")+
				session(at.Add(time.Hour), id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"the MTA's log alone, twice over", func(s *site) {
			s.file(mta, requeued(4, 5, "x.example")+requeued(5, 7, "x.example"))
			s.file(out+id(7), envelopeFile("x.example", "anna@ours.example", "b@x.example", 3, 4))
			s.file(out+"Messages/"+id(7), "Subject: x\r\n\r\nhi\r\n")
			s.file(log, session(at, id(4), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "451 later"))
		}, "x.example failed 0 (E0193 0) delayed 1 accepted 0 waiting 1"},
		{"each part of a message that was split goes to its own domain", func(s *site) {
			s.file(debug, requeued(5, 7, "x.example")+requeued(5, 8, "y.example"))
			s.file(out+id(7), envelopeFile("x.example", "anna@ours.example", "b@x.example", 0, 0))
			s.file(out+"Messages/"+id(7), "Subject: x\r\n\r\nhi\r\n")
			s.file(log, session(at, id(8), "11", "554 mx.filter.example no", "", nil))
		}, "x.example failed 0 (E0193 0) delayed 0 accepted 0 waiting 1\ny.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"in a circle", func(s *site) {
			s.file(debug, requeued(5, 7, "x.example")+requeued(7, 5, "x.example"))
			s.file(log, session(at, id(7), "11", "554 mx.filter.example no", "", nil))
		}, "x.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.file("Queues/SMTP/Outgoing/readme.txt", "x")
			tt.files(s)
			if got := brief(s.read()); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	t.Run("the sender that the MTA routed", func(t *testing.T) {
		s := newSite(t)
		s.file("Queues/SMTP/Outgoing/readme.txt", "x")
		s.file(mta, at.Format("01/02/06 15:04:05")+"\t["+id(5)+"] from (SMTP) [SMTP:Anna@ours.example]->[SMTP:b@x.example] Routed\r\n"+
			at.Format("01/02/06 15:04:05")+"\t["+id(6)+"] from (SMTP) [SMTP:z@y.example]->[SF:po/mb] Mapped Literal\r\n"+requeued(5, 7, "x.example"))
		s.file(log, session(at, id(7), "11", "554 mx.filter.example no", "", nil)+session(at, id(6), "12", "554 mx.filter.example no", "", nil))
		v := s.read()
		for _, n := range v.AllFailures() {
			r := v.Row(n)
			if r.LogID == id(7) && (r.Sender != "anna@ours.example" || r.Domain != "x.example") || r.LogID == id(6) && r.Sender != diag.KeyUnknown {
				t.Errorf("%+v", r)
			}
		}
	})
}

// What the MTA's log says is kept from one run to the next, and read on.
func TestLinksAreKept(t *testing.T) {
	const mta = "Logging/MTA/MTA-Activity-261124.log"
	at := now.Add(-3 * time.Hour)
	s := newSite(t)
	s.file("Queues/SMTP/Outgoing/readme.txt", "x")
	first := at.Format("01/02/06 15:04:05") + "\t[" + id(5) + "] requeued as [" + id(7) + "] for target domain [x.example]\r\n"
	s.file(mta, first)
	s.file("Logging/SMTP/SMTP-Activity-261124.log", session(at, id(7), "11", "554 mx no", "", nil)+session(at, id(5), "12", "554 mx no", "", nil)+session(at, id(8), "13", "554 mx no", "", nil))
	kept := &memory{}
	for i, want := range []string{
		"(unknown) failed 1 (E0193 0) delayed 0 accepted 0 waiting 0\nx.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0",
		"(unknown) failed 1 (E0193 0) delayed 0 accepted 0 waiting 0\nx.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0",
		"x.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0",
	} {
		if i == 2 {
			s.file(mta, first+at.Format("01/02/06 15:04:05")+"\t["+id(5)+"] requeued as ["+id(8)+"] for target domain [x.example]\r\n")
		}
		x := indexOf(t, s.root, Options{Cache: kept})
		if err := x.Scan(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := brief(x.View()); got != want {
			t.Errorf("%d: got\n%s\nwant\n%s", i, got, want)
		}
		if err := x.Keep(); err != nil {
			t.Fatal(err)
		}
	}
}
