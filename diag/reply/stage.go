package reply

import (
	"strings"

	"metriage/diag"
)

// commandStage returns the stage of an SMTP command as a transcript shows it.
func commandStage(cmd string) diag.Stage {
	cmd = strings.ToUpper(strings.TrimSpace(cmd))
	switch {
	case strings.HasPrefix(cmd, "END OF DATA"), cmd == ".", strings.HasPrefix(cmd, "BDAT"), strings.HasPrefix(cmd, "DATA CONTENT"),
		strings.HasPrefix(cmd, "END-OF-DATA"), strings.HasPrefix(cmd, "SENDING MESSAGE BODY"):
		return diag.StageEndOfData
	case strings.HasPrefix(cmd, "DATA"):
		return diag.StageData
	case strings.HasPrefix(cmd, "RCPT"):
		return diag.StageRcpt
	case strings.HasPrefix(cmd, "MAIL"):
		return diag.StageMail
	case strings.HasPrefix(cmd, "EHLO"), strings.HasPrefix(cmd, "HELO"), strings.HasPrefix(cmd, "LHLO"):
		return diag.StageHELO
	case strings.HasPrefix(cmd, "INITIAL CONNECTION"), strings.HasPrefix(cmd, "CONN"):
		return diag.StageConnect
	}
	return diag.StageUnknown
}

// cutStage cuts "(in reply to RCPT TO command)", as Postfix adds it, off s and
// returns the stage of the command.
func cutStage(s string) (string, diag.Stage) {
	stage := diag.StageUnknown
	for {
		i := strings.LastIndex(s, "(in reply to ")
		if i < 0 {
			return s, stage
		}
		rest := s[i+len("(in reply to "):]
		end := strings.IndexByte(rest, ')')
		cmd := rest
		if end >= 0 {
			cmd, rest = rest[:end], rest[end+1:]
		} else {
			rest = ""
		}
		stage = commandStage(cmd)
		s = strings.TrimRight(s[:i], " ") + strings.TrimRight(rest, " ,.;\"'")
	}
}

// stageWords tell the stage in what a program writes before the reply it got.
var stageWords = []struct {
	words string
	stage diag.Stage
}{
	{"refused to talk to me", diag.StageConnect},
	{"after initial connection", diag.StageConnect},
	{"greeting failed", diag.StageConnect},
	{"while receiving the initial server greeting", diag.StageConnect},
	{"after end of data", diag.StageEndOfData},
	{"after sending message body", diag.StageEndOfData},
	{"failed after i sent the message", diag.StageEndOfData},
	{"but sender was rejected", diag.StageMail},
	{"does not like recipient", diag.StageRcpt},
	{"but my name was rejected", diag.StageHELO},
	{"after pipelined mail from", diag.StageMail},
	{"after mail from", diag.StageMail},
	{"after rcpt to", diag.StageRcpt},
	{"after data", diag.StageData},
	{"after ehlo", diag.StageHELO},
	{"after helo", diag.StageHELO},
	{"rcpt to:", diag.StageRcpt},
	{"mail from:", diag.StageMail},
}

func wordsStage(s string) diag.Stage {
	s = strings.ToLower(s)
	for _, w := range stageWords {
		if strings.Contains(s, w.words) {
			return w.stage
		}
	}
	return diag.StageUnknown
}
