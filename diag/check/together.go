package check

import "metriage/diag"

// together runs the functions side by side and returns when all have ended. A
// panic in one is raised again here, where the task's own guard catches it.
func together(fs ...func()) {
	var crew diag.Crew
	for _, f := range fs {
		crew.Go(f)
	}
	crew.Wait()
}
