package runbook_test

import (
	"fmt"

	"metriage/diag"
	"metriage/diag/runbook"
)

func ExampleLoad() {
	own := `
[[step]]
id = "ptr-request"
phase = "cure"
title = "Open a ticket at the data centre for {ip}"
do = ["{reverse-name}. IN PTR {host}."]
check = "ptr"
per = "ip"

[[step]]
id = "x-call"
phase = "tell"
title = "Call the boss"
check = "telephone"
`
	b, problems, err := runbook.Load([]byte(own), "runbooks.toml")
	if err != nil {
		panic(err)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	for _, s := range b.For(runbook.Case{Verdict: diag.Verdict{Cause: diag.CauseNoPTR}}, runbook.Values{}) {
		if s.ID == "ptr-request" {
			fmt.Println(s.Title)
			fmt.Println(s.Do[0])
		}
	}
	// Output:
	// runbooks.toml:14: step "x-call": unknown check "telephone"; it is left out
	// Open a ticket at the data centre for <your sending address>
	// <reverse name of your address>. IN PTR <your host name>.
}
