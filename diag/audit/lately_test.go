package audit

import "testing"

// Days are kept apart in whatever order they come, and only the last two weeks
// count.
func TestLately(t *testing.T) {
	var days []daySpan
	for _, d := range []int32{100, 87, 86, 99, 100, 40, 101} {
		addDay(&days, UsageDays, d, span{messages: 1})
	}
	if n := lately(days, 100).messages; n != 4 { // 87, 99 and 100 twice
		t.Errorf("%d messages within 14 days", n)
	}
	for d := range int32(3 * UsageDays) {
		addDay(&days, UsageDays, 200+d, span{messages: 1})
	}
	if len(days) != UsageDays || days[len(days)-1].day != 200+3*UsageDays-1 {
		t.Errorf("%d days are kept, the newest %v", len(days), days[len(days)-1])
	}
}
