package sample

import (
	"testing"
	"time"
)

// Whenever the sample is written, its restarts are those of one day's log.
func TestRestartsAreNotAtMidnight(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -5*3600-1800)} {
		for minute := range 24 * 60 {
			s := &site{now: time.Date(2026, 11, 24, 0, minute, 0, 0, time.UTC), zone: zone, restarts: []time.Duration{20*time.Hour + 10*time.Minute}}
			r := s.restarted()[0].In(zone)
			if r.Add(-30*time.Minute).Day() != r.Add(29*time.Minute).Day() {
				t.Errorf("written at %v in %v the restart is at %v", s.now, zone, r)
			}
			if ago := s.now.Sub(r); ago < s.restarts[0]-time.Hour || ago > s.restarts[0]+2*time.Hour {
				t.Errorf("written at %v the restart is %v ago", s.now, ago)
			}
		}
	}
}
