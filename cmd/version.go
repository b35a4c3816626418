package cmd

import (
	"runtime"

	"github.com/urfave/cli/v2"

	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

func versionVerb() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version and the kernel path that is in use",
		Description: `EXAMPLE:
   gaetrain version`,
		Action: func(c *cli.Context) error {
			printf(c.App.Writer, "gaetrain %s, %s kernels, %s %s/%s\n", trainer.Version(), kernel.Path(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
