package sample

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// dice is the chance of one piece of a sample. Every piece has its own, made
// from the seed, its class and its number, so that pieces can be made in any
// order, twice, and side by side, and are always the same.
type dice struct{ *rand.Rand }

func newDice(seed uint64, class, i int) dice {
	return dice{rand.New(rand.NewPCG(mix(seed^uint64(class+1)*0x9e3779b97f4a7c15), mix(uint64(i)+seed)))}
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// one reports true once in n times.
func (d dice) one(n int) bool { return d.IntN(n) == 0 }

// percent reports true in p of 100 cases.
func (d dice) percent(p int) bool { return d.IntN(100) < p }

// between returns a duration of whole seconds in [a, b].
func (d dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.Int64N(int64((b-a)/time.Second)+1))*time.Second
}

const upperHex = "0123456789ABCDEF"

// id returns a queue file name: 32 upper-case hexadecimal digits and ".MAI".
func (d dice) id() string {
	var b [36]byte
	hi, lo := d.Uint64(), d.Uint64()
	for i := range 16 {
		b[i] = upperHex[hi>>(60-4*i)&15]
		b[16+i] = upperHex[lo>>(60-4*i)&15]
	}
	copy(b[32:], ".MAI")
	return string(b[:])
}

const refDigits = "0123456789abcdefghijklmnopqrstuv"

// ref returns the kind of opaque id that servers put into replies.
func (d dice) ref(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = refDigits[d.IntN(32)]
	}
	return string(b)
}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// weighted picks one of from by weight; at least one weight must be positive.
func weighted[T any](d dice, from []T, weight func(T) int) T {
	total := 0
	for _, x := range from {
		total += weight(x)
	}
	n := d.IntN(total)
	for _, x := range from {
		if n -= weight(x); n < 0 {
			return x
		}
	}
	return from[len(from)-1]
}

// clock spreads a number of events over hours of different weight, in integer
// arithmetic so that every machine gets the same seconds.
type clock struct {
	start time.Time
	cum   []uint64 // cumulated weights; element i ends hour i
}

// newClock covers the whole hours before end that lie after start.
func newClock(start, end time.Time, weight func(hour time.Time) uint64) clock {
	n := end.Sub(start) / time.Hour
	c := clock{start: end.Add(-n * time.Hour)}
	sum := uint64(0)
	for i := range n {
		sum += weight(c.start.Add(i * time.Hour))
		c.cum = append(c.cum, sum)
	}
	return c
}

// at returns the time of event i of n; it never falls as i grows.
func (c clock) at(i, n int) time.Time {
	hi, lo := bits.Mul64(c.cum[len(c.cum)-1]*3600, uint64(2*i+1))
	x, _ := bits.Div64(hi, lo, uint64(2*n)) // weight times seconds
	w := x / 3600
	h, end := 0, len(c.cum)
	for h < end { // first hour whose cumulated weight exceeds w
		if m := (h + end) / 2; c.cum[m] > w {
			end = m
		} else {
			h = m + 1
		}
	}
	before := uint64(0)
	if h > 0 {
		before = c.cum[h-1]
	}
	sec := (x - before*3600) / (c.cum[h] - before)
	return c.start.Add(time.Duration(h)*time.Hour + time.Duration(sec)*time.Second)
}
