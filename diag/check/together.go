package check

import "sync"

// together runs the functions side by side and returns when all have ended. A
// panic in one is raised again here, where the task's own guard catches it.
func together(fs ...func()) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var fault any
	for _, f := range fs {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					mu.Lock()
					defer mu.Unlock()
					fault = p
				}
			}()
			f()
		})
	}
	wg.Wait()
	if fault != nil {
		panic(fault)
	}
}
