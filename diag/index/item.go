package index

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
	"time"

	"metriage/diag/mailenable"
)

// item is one message of a folder: a command file and a message under the same
// name, or one of them.
type item struct {
	// name is the 32 hexadecimal digits of the file name, or, where odd, the
	// texts of the names of both halves.
	name   guid
	stamp  [2]stamp
	event  uint32 // the first of its events
	row    uint32 // its queue row + 1
	folder uint32
	events uint16 // how many follow each other
	status [2]status
	reason [2]uint8 // why it was unreadable, see store.reasons
	flags  itemFlag
	seen   uint8 // the halves that the last listing met, a bit each
}

// The halves of an item.
const (
	command = 0
	message = 1
)

// status is how one half of an item stands.
type status uint8

const (
	absent     status = iota
	pending           // listed, not read yet
	good              // read
	older             // before the window, not read
	unreadable        // there, but not to be read; see reason
	busy              // unreadable because another program uses it
	vanished          // gone between listing and reading
)

type itemFlag uint8

const (
	odd     itemFlag = 1 << iota // name holds texts
	again                        // the same name in another case was there before
	lone                         // a half that is still alone when looked at again
	removed                      // no longer there
)

// Spellings of a hexadecimal name, two bits for each half above the flags.
const (
	spellShift = 4
	lowerDigit = 1
	lowerMAI   = 2
)

// stamp tells whether a file has changed: the second it was written in, and a
// mark of its size and the rest of the time.
type stamp struct{ second, mark uint32 }

func stampOf(e mailenable.Entry) stamp {
	s, ns := e.ModTime.Unix(), uint64(e.ModTime.Nanosecond())
	m := (uint64(e.Size)<<30 ^ ns) * 0x9E3779B97F4A7C15
	return stamp{clamp32(s), uint32(m>>32) | 1}
}

func (s stamp) zero() bool { return s == stamp{} }

// clamp32 keeps a time within what 32 bits hold: 1970 to 2106.
func clamp32(unix int64) uint32 { return uint32(min(max(unix, 0), 1<<32-1)) }

func moment(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return clamp32(t.Unix())
}

// fileName is a name as a folder lists it, ready to be looked up.
type fileName struct {
	name     string
	guid     guid
	hex      bool // guid is the name in any case
	spelling uint8
	plain    bool // guid and spelling tell the whole name
}

func nameOf(name string) fileName {
	f := fileName{name: name}
	if len(name) != hexName {
		return f
	}
	if f.guid, f.hex = parseGUID(name); !f.hex {
		return f
	}
	digits, ext := name[:32], name[32:]
	switch {
	case strings.ToUpper(digits) == digits:
		f.plain = true
	case strings.ToLower(digits) == digits:
		f.plain, f.spelling = true, lowerDigit
	}
	switch ext {
	case ".MAI":
	case ".mai":
		f.spelling |= lowerMAI
	default:
		f.plain = false
	}
	return f
}

// hash is the same for names that differ in case alone.
func (f *fileName) hash(seed maphash.Seed) uint64 {
	if f.hex {
		return f.guid.hash(seed)
	}
	return maphash.String(seed, strings.ToUpper(f.name))
}

func spelled(g guid, spelling uint8) string {
	b := append(g.append(make([]byte, 0, hexName)), ".MAI"...)
	if spelling == 0 {
		return string(b)
	}
	s := string(b)
	if spelling&lowerDigit != 0 {
		s = strings.ToLower(s[:32]) + s[32:]
	}
	if spelling&lowerMAI != 0 {
		s = s[:32] + ".mai"
	}
	return s
}

func (it *item) spelling(half int) uint8 { return uint8(it.flags) >> (spellShift + 2*half) & 3 }

func (it *item) spell(half int, s uint8) {
	shift := spellShift + 2*half
	it.flags = it.flags&^(3<<shift) | itemFlag(s)<<shift
}

// nameRef is the text of a half's name where the item is odd.
func (it *item) nameRef(half int) ref { return ref(binary.LittleEndian.Uint32(it.name[4*half:])) }

func (it *item) setNameRef(half int, r ref) {
	binary.LittleEndian.PutUint32(it.name[4*half:], uint32(r))
}

// fileName returns the name of a half as it is on disk, "" where it is not
// known.
func (it *item) fileName(half int, text func(ref) string) string {
	if it.flags&odd != 0 {
		return text(it.nameRef(half))
	}
	return spelled(it.name, it.spelling(half))
}

// id is the name in upper case, by which the halves belong together.
func (it *item) id(text func(ref) string) string {
	if it.flags&odd == 0 {
		return it.name.name()
	}
	for half := range 2 {
		if r := it.nameRef(half); r != 0 {
			return strings.ToUpper(text(r))
		}
	}
	return ""
}

// there reports whether a half was listed.
func (it *item) there(half int) bool { return it.status[half] != absent }
