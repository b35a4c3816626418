// Command reproduce holds published and own claims against runs of gaetrain:
// it builds the program, lets it train with several seeds, and prints a table of
// what was claimed and what came out. It exits with 1 where a claim fails.
//
//	go run ./scripts/reproduce --quick all
//	go run ./scripts/reproduce --data-dir data --write vae
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	quick   bool
	full    bool
	seeds   int
	dataDir string
	work    string
	write   bool
	limit   time.Duration
	root    string
	peers   string
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "fewer images, epochs and seeds: all experiments in 15 minutes on two cores")
	flag.BoolVar(&o.full, "full", false, "iwae: all stages of the published schedule, the expected hours first")
	flag.IntVar(&o.seeds, "seeds", 0, "train with the seeds 1 to `N` (default: as many as the experiment says, 1 with --quick)")
	flag.StringVar(&o.dataDir, "data-dir", "", "`folder` to look for data sets in first")
	flag.StringVar(&o.work, "work", "runs/reproduce", "`folder` of the runs; what is finished there is not done again")
	flag.BoolVar(&o.write, "write", false, "write the experiment's section of docs/results.md")
	flag.DurationVar(&o.limit, "limit", 6*time.Hour, "time limit of one command")
	flag.StringVar(&o.root, "root", ".", "`folder` of the repository")
	flag.StringVar(&o.peers, "peers", "", "iwae: train the same in PyTorch too, by a Python `interpreter` that has it, with --data-dir")
	flag.Usage = usage
	flag.Parse()
	if err := reproduce(context.Background(), o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "reproduce:", err)
		os.Exit(1)
	}
}

func usage() {
	names := make([]string, len(experiments))
	for i, e := range experiments {
		names[i] = e.name
	}
	fmt.Fprintf(os.Stderr, "usage: reproduce [flags] all|%s\n", strings.Join(names, "|"))
	flag.PrintDefaults()
}

// reproduce runs the named experiments and prints one table of all their rows.
// An experiment that cannot be finished does not keep the others from theirs.
func reproduce(ctx context.Context, o options, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if o.seeds < 0 {
		return fmt.Errorf("%d seeds; hint: at least 1", o.seeds)
	}
	if o.full && o.quick {
		return errors.New("--full with --quick; hint: one of them")
	}
	if o.write && o.quick {
		return errors.New("--write with --quick; hint: docs/results.md has figures of full runs")
	}
	if o.peers != "" && o.dataDir == "" {
		return errors.New("--peers without --data-dir; hint: peers download nothing")
	}
	l, err := newLab(ctx, o)
	if err != nil {
		return err
	}
	defer l.close()
	var all []*row
	var failures []error
	for _, e := range chosen {
		rows, err := l.make(e)
		if err == nil && o.write {
			err = l.write(e, rows)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", e.name, err))
		}
		all = append(all, rows...)
	}
	printTable(os.Stdout, all)
	for _, r := range all {
		if !r.holds() {
			failures = append(failures, fmt.Errorf("%s: a claim fails: %s", r.experiment, r.claim))
		}
	}
	return errors.Join(failures...)
}

// choose finds experiments by their names; "all" stands for every one.
func choose(names []string) (chosen []experiment, err error) {
	if len(names) == 0 {
		usage()
		return nil, errors.New("no experiment named")
	}
	for _, name := range names {
		found := false
		for _, e := range experiments {
			if name == "all" || name == e.name {
				chosen, found = append(chosen, e), true
			}
		}
		if !found {
			usage()
			return nil, fmt.Errorf("unknown experiment %q", name)
		}
	}
	return chosen, nil
}
