package audit

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A sender is listed once, whether a source knows the account or not and
// however it spells both.
func TestInnocentOnce(t *testing.T) {
	failures := []Failed{
		{Message: Message{Sender: "anna@ours.example", SenderKnown: true}},
		{Message: Message{Sender: "anna@ours.example", SenderKnown: true}, Account: "Ours.example"},
		{Message: Message{Sender: "bob@ours.example", SenderKnown: true}},
	}
	rows := []QueueRow{
		{Outgoing: true, Sender: "Anna@ours.example", Account: "ours.example", Since: testNow.Add(-time.Hour)},
		{Outgoing: true, Sender: "anna@ours.example", Since: testNow.Add(-2 * time.Hour)},
		{Outgoing: true, Sender: "bob@ours.example", Account: "first.example"},
		{Outgoing: true, Sender: "bob@ours.example", Account: "second.example"},
	}
	var got []string
	for _, x := range Innocent(slices.Values(failures), slices.Values(rows), nil, testNow, 3*time.Hour) {
		up := "-"
		if !x.GivesUp.IsZero() {
			up = x.GivesUp.Sub(testNow).String()
		}
		got = append(got, fmt.Sprintf("%s %s %d %d %s", x.Sender, x.Account, x.Failed, x.Waiting, up))
	}
	want := []string{"anna@ours.example Ours.example 2 2 1h0m0s", "bob@ours.example first.example 1 1 -", "bob@ours.example second.example 0 1 -"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
