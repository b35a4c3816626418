// Command gaetrain trains autoencoders declared as Gorgonia graphs.
package main

import (
	"os"

	"gaetrain/cmd"
)

func main() { os.Exit(cmd.Run(os.Args, os.Stdout, os.Stderr)) }
