// Command reproduce compares published and own claims with runs of gaetrain. It builds
// the program, trains with several seeds, and prints a table of the claims and the
// measured figures. It exits with 1 if a claim fails.
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
	flag.BoolVar(&o.quick, "quick", false, "use fewer images, epochs and seeds: all experiments take 15 minutes on two cores")
	flag.BoolVar(&o.full, "full", false, "iwae: train all stages of the published schedule; the expected hours are printed first")
	flag.IntVar(&o.seeds, "seeds", 0, "train with the seeds 1 to `N` (default: the number of the experiment, or 1 with --quick)")
	flag.StringVar(&o.dataDir, "data-dir", "", "`folder` that is searched first for data sets")
	flag.StringVar(&o.work, "work", "runs/reproduce", "`folder` of the runs; finished runs are not repeated")
	flag.BoolVar(&o.write, "write", false, "write the experiment's section of docs/results.md")
	flag.DurationVar(&o.limit, "limit", 6*time.Hour, "time limit of one command")
	flag.StringVar(&o.root, "root", ".", "`folder` of the repository")
	flag.StringVar(&o.peers, "peers", "", "Python `interpreter` with PyTorch and scikit-learn, which iwae, tables and mnist1d compare with")
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
// If an experiment fails, the others still run.
func reproduce(ctx context.Context, o options, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if o.seeds < 0 {
		return fmt.Errorf("--seeds is %d; hint: use at least 1", o.seeds)
	}
	if o.full && o.quick {
		return errors.New("--full and --quick cannot be combined; hint: use one of them")
	}
	if o.write && o.quick {
		return errors.New("--write and --quick cannot be combined; hint: docs/results.md has figures of full runs only")
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
			failures = append(failures, fmt.Errorf("%s: this claim fails: %s", r.experiment, r.claim))
		}
	}
	return errors.Join(failures...)
}

// choose finds experiments by their names. The name "all" selects all of them.
func choose(names []string) (chosen []experiment, err error) {
	if len(names) == 0 {
		usage()
		return nil, errors.New("no experiment is named; hint: all")
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
