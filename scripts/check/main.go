// Command check checks run folders without any code of the program, as a user's tools
// would.
//
//	go run ./scripts/check run -epochs 20 -mse 0.03 runs/dense-sample-1
//	go run ./scripts/check same one/run two/run
//
// run checks that a finished run is complete. same checks that two runs are
// bit-identical except for times. Their folders must have the same name, because the
// titles of pictures contain it. Errors are reported on stderr, and the exit code is
// then 1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

const usage = `usage: check run [-epochs N] [-mse BOUND] DIR
       check same DIR DIR`

func main() {
	if len(os.Args) < 2 {
		fail(usage)
	}
	switch verb, arguments := os.Args[1], os.Args[2:]; verb {
	case "run":
		flags := flag.NewFlagSet("check run", flag.ExitOnError)
		epochs := flags.Int("epochs", 20, "number of epochs that the run must have")
		mse := flags.Float64("mse", 0.03, "upper limit of the last squared error per pixel on the test set")
		flags.Parse(arguments)
		if flags.NArg() != 1 {
			fail(usage)
		}
		report(flags.Arg(0)+" is complete", checkRun(flags.Arg(0), *epochs, *mse))
	case "same":
		if len(arguments) != 2 {
			fail(usage)
		}
		report(arguments[0]+" and "+arguments[1]+" are the same", checkSame(arguments[0], arguments[1]))
	default:
		fail(usage)
	}
}

// report prints the findings and exits with 1, or prints that all is correct.
func report(fine string, findings []error) {
	if err := errors.Join(findings...); err != nil {
		fail(err)
	}
	fmt.Println(fine)
}

func fail(what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}
