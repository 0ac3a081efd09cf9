package diag

// NoRights is why a file or folder was not read that this account may not
// read.
const NoRights = "this account may not read it"

// RightsAdvice says what to do where this account may not read something of
// list, "" where it may.
func RightsAdvice(list []Problem) string {
	n := 0
	for _, p := range list {
		if p.What == NoRights {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "This account may not read " + Plural(n, "file or folder", "files and folders") + "; start metriage from an administrator prompt."
}
