package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
)

// errUnhealthy is wrapped by the error about a run that makes no progress.
var errUnhealthy = errors.New("no progress")

type healthOptions struct {
	Run    string        `toml:"run" group:"input" help:"Folder of the run, or of runs, of which the latest of this host is checked"`
	Within time.Duration `toml:"within" group:"check" help:"Time without progress after which a run is not alive, such as 10m"`
	Grace  time.Duration `toml:"grace" group:"check" help:"Time after the start of the container in which no run need be alive, such as 10m"`
	Output
}

func healthVerb() *cli.Command {
	defaults := healthOptions{Run: "runs", Within: 10 * time.Minute, Grace: 10 * time.Minute, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "health",
		Usage: "check that a run makes progress, for a liveness probe",
		Description: `This verb prints one line, and its exit code says whether the run is alive. It reads only a few
small files and needs no memory for the model, so a container can call it every minute.

   0   The run is finished, or a process trains it and made progress within --within.
   1   The run made no progress within --within, or it ended without being finished.
   2   An option is invalid.
   5   There is no run in the folder, or its state cannot be read.

A process that trains a run records its progress every 5 seconds while it computes steps. A time
of progress in the future, after the clock was set back, is not progress if it is more than
--within ahead. A process that makes progress records the new time within 5 seconds.

In the first --grace after the start of process 1, which is the main process of a container, the
exit code is 0 instead of 1 or 5, because data may still be read or downloaded. On a computer
without containers, process 1 started with the system. If the time of its start is not known, as
on systems other than Linux, there is no grace.

EXAMPLES:
   gaetrain health --run runs/vae-sample-1
   gaetrain health --run runs/vae-sample-1 --within 30m --grace 1h`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			if _, err := layers(c, &o, ""); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			line, err := o.check(time.Now())
			if age, known := containerAge(); err != nil && known && age < o.Grace {
				line, err = fmt.Sprintf("starting: the container started %v ago, and the grace is %v; %s", age.Round(time.Second), o.Grace, oneLine(err)), nil
			}
			if err == nil {
				printf(c.App.Writer, "%s\n", line)
			}
			return err
		},
	}
}

func (o *healthOptions) validate() error {
	if err := o.Output.validate(); err != nil {
		return err
	}
	switch {
	case o.Run == "":
		return fmt.Errorf("%w: run is empty; hint: the folder of a run, or a folder of runs", errUsage)
	case o.Within <= 0:
		return fmt.Errorf("%w: within is %v; hint: above 0, such as 10m", errUsage, o.Within)
	case o.Grace < 0:
		return fmt.Errorf("%w: grace is %v; hint: 0 or above, such as 10m", errUsage, o.Grace)
	}
	return nil
}

// check returns a line about a run that is alive or finished, or an error.
func (o *healthOptions) check(now time.Time) (line string, err error) {
	dir := o.Run
	if !trainer.IsRun(dir) {
		if host, err := os.Hostname(); err == nil {
			if latest := trainer.LatestOn(host, dir); latest != "" {
				dir = latest
			}
		}
	}
	s, err := trainer.StateOf(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if folder, err := os.Open(dir); err == nil {
			folder.Close()
		} else if errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("%w: %w; hint: check the owner and the mode of the folder", trainer.ErrRun, err)
		}
		return "", fmt.Errorf("%w: %s holds no run, and no folder in it holds a run that this host has opened; hint: --run runs/dense-sample-1", trainer.ErrRun, dir)
	}
	if err != nil {
		return "", err
	}
	return vitality(dir, s, now, o.Within)
}

// vitality returns a line about a run that is alive or finished. Otherwise it returns an
// error that wraps errUnhealthy.
func vitality(dir string, s trainer.State, now time.Time, within time.Duration) (line string, err error) {
	quiet := now.Sub(s.Moved(now)).Round(time.Second)
	switch {
	case s.Phase == trainer.Done:
		return fmt.Sprintf("done: %s", dir), nil
	case !s.Active():
		return "", fmt.Errorf("%w: %s is %s%s", errUnhealthy, dir, s.Phase, because(s))
	case quiet > within:
		return "", fmt.Errorf("%w: %s is %s, but its last progress was %v ago, and --within is %v", errUnhealthy, dir, s.Phase, quiet, within)
	case quiet < -within:
		return "", fmt.Errorf("%w: %s is %s, but the time of its last progress is %v in the future; hint: was the clock set back?", errUnhealthy, dir, s.Phase, -quiet)
	}
	return fmt.Sprintf("%s: %s, last progress %v ago", s.Phase, dir, max(0, quiet)), nil
}

// because returns why a run ended, as far as that is recorded.
func because(s trainer.State) string {
	if s.Message == "" {
		return ""
	}
	return ": " + strings.TrimPrefix(s.Message, string(s.Phase)+": ")
}
