package cmd

import (
	"io"
	"math"
	"os"
	"runtime"

	"github.com/urfave/cli/v2"

	"gaetrain/graph/kernel"
	"gaetrain/loaders/memory"
	"gaetrain/trainer"
)

func versionVerb() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version, the kernel path and the limits of threads and memory",
		Description: `The lines are the version with the kernel path in use, the commit if it is known, and how many
threads and how much memory a run may use. Both are limited by the machine and by a container.

EXAMPLE:
   gaetrain version`,
		Action: func(c *cli.Context) error {
			printVersion(c.App.Writer)
			return nil
		},
	}
}

func printVersion(w io.Writer) {
	printf(w, "gaetrain %s, %s kernels, %s %s/%s\n", trainer.Version(), kernel.Path(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if revision, date := trainer.Commit(); revision != "" {
		printf(w, "commit %s of %s\n", revision, date)
	}
	if limit := memory.Limit(); limit < math.MaxInt64 {
		printf(w, "threads %d, memory at most %s%s\n", runtime.GOMAXPROCS(0), memory.Format(limit), limitedBy(limit))
	}
}

// limitedBy says what sets the limit of memory, if it is not the machine.
func limitedBy(limit int64) string {
	if text := os.Getenv("GOMEMLIMIT"); text != "" {
		return ", with GOMEMLIMIT=" + text
	}
	if bytes, limited := memory.OfContainer(); limited && limit == bytes/10*9 {
		return ", 90 % of the container's limit of " + memory.Format(bytes)
	}
	return ""
}
