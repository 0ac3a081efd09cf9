// Command wine is what running Go programs under an old Wine takes.
//
//	go run ./.ci/wine library DIR   writes bcryptprimitives.dll, which Wine before
//	                                version 9 lacks and every Go program needs: no
//	                                code, one export, ProcessPrng, forwarded to the
//	                                same function under its old name
//	go run ./.ci/wine judge < OUT   exits 1 if tests failed for more than Wine's
//	                                inability to remove their temporary folders
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

const (
	base    = 0x1000 // address of the only section
	aligned = 0x200  // of headers and section in the file
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "library":
		if err := os.WriteFile(filepath.Join(os.Args[2], "bcryptprimitives.dll"), library(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) == 2 && os.Args[1] == "judge":
		if !judge(os.Stdin, os.Stdout) {
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: wine library DIR | wine judge")
		os.Exit(2)
	}
}

// library returns the file ("PE Format", Microsoft).
func library() []byte {
	exports := exportTable()
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v) // fixed sizes into a buffer cannot fail
		}
	}
	b.WriteString("MZ")
	b.Write(make([]byte, 58))
	put(uint32(64)) // where the header begins
	b.WriteString("PE\x00\x00")
	// File header: AMD64, one section, an executable library beyond 2 GiB.
	put(uint16(0x8664), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(0x2022))
	// Optional header: PE32+, no code, no entry point.
	put(uint16(0x20B), uint16(0), uint32(0), uint32(aligned), uint32(0), uint32(0), uint32(base))
	put(uint64(0x1_8000_0000), uint32(0x1000), uint32(aligned))
	put(uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0))
	put(uint32(2*base), uint32(aligned), uint32(0), uint16(3), uint16(0x100))
	put(uint64(0x100000), uint64(0x1000), uint64(0x100000), uint64(0x1000), uint32(0), uint32(16))
	put(uint32(base), uint32(len(exports))) // the export directory; the other 15 are empty
	b.Write(make([]byte, 15*8))
	b.WriteString(".edata\x00\x00")
	put(uint32(len(exports)), uint32(base), uint32(aligned), uint32(aligned), uint64(0), uint32(0), uint32(0x4000_0040))
	b.Write(make([]byte, aligned-b.Len()))
	b.Write(exports)
	b.Write(make([]byte, 2*aligned-b.Len()))
	return b.Bytes()
}

func exportTable() []byte {
	const head = 40
	names := "bcryptprimitives.dll\x00ProcessPrng\x00advapi32.SystemFunction036\x00"
	at := func(s string) uint32 { return base + head + 4 + 4 + 2 + uint32(bytes.Index([]byte(names), []byte(s))) }
	var b bytes.Buffer
	for _, v := range []uint32{
		0, 0, 0, at("bcryptprimitives"), 1, 1, 1, base + head, base + head + 4, base + head + 8, // the directory
		at("advapi32"), at("ProcessPrng"), // function, inside the directory: forwarded; its name
	} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.Write([]byte{0, 0}) // ordinal of the name
	b.WriteString(names)
	return b.Bytes()
}
