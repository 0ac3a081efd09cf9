//go:build !unix

package main

import "fmt"

func main() { fmt.Println("ttybench needs a pseudo terminal; it runs on unix") }
