package mailenable

import "metriage/diag"

// foreignSign reports whether a line begins the plain text bounce of another
// mail server.
func foreignSign(string) bool { return false }

// parseForeign reads the plain text bounces of other mail servers.
func parseForeign(header, string) (diag.Bounce, bool) { return diag.Bounce{}, false }
