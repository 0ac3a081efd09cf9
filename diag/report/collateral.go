package report

import "metriage/diag"

// jsonCollateral tells the failures of spam runs from those of ordinary mail.
type jsonCollateral struct {
	RunFailures      int            `json:"run_failures"`
	InnocentFailures int            `json:"innocent_failures"`
	Runs             []jsonSpamRun  `json:"runs"`
	Innocent         []jsonInnocent `json:"innocent"`
}

type jsonSpamRun struct {
	ID         string  `json:"id"`
	Code       string  `json:"code"`
	Title      string  `json:"title"`
	User       string  `json:"user"`
	First      *string `json:"first"`
	Last       *string `json:"last"`
	Messages   int     `json:"messages"`
	Recipients int     `json:"recipients"`
	Refused    int     `json:"refused"`
	Networks   int     `json:"networks"`
	Failures   int     `json:"failures"`
	Waiting    int     `json:"waiting"`
}

type jsonInnocent struct {
	Sender  string  `json:"sender"`
	Account string  `json:"account"`
	Failed  int     `json:"failed"`
	Waiting int     `json:"waiting"`
	GivesUp *string `json:"gives_up"`
}

// collateral is nil where nobody counted.
func (s Style) collateral(r diag.Report) *jsonCollateral {
	if !r.Counted {
		return nil
	}
	return &jsonCollateral{
		RunFailures: r.RunFailures, InnocentFailures: r.Totals.Failures - r.RunFailures,
		Runs: s.spamRuns(r.Runs), Innocent: s.innocents(r.Innocent),
	}
}

func (s Style) spamRuns(list []diag.SpamRun) []jsonSpamRun {
	out := []jsonSpamRun{}
	for _, r := range list {
		out = append(out, jsonSpamRun{
			s.redact(r.ID), r.Code, s.redact(r.Title), s.redact(r.User), s.stamp(r.First), s.stamp(r.Last),
			r.Messages, r.Recipients, r.Refused, r.Networks, r.Failures, r.Waiting,
		})
	}
	return out
}

func (s Style) innocents(list []diag.Innocent) []jsonInnocent {
	out := []jsonInnocent{}
	for _, x := range list {
		out = append(out, jsonInnocent{s.redact(x.Sender), x.Account, x.Failed, x.Waiting, s.stamp(x.GivesUp)})
	}
	return out
}
