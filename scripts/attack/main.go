// Command attack tries to make a built gaetrain lose data, change data without a
// message, or end in a way that its help does not document. It runs the program as
// a separate process and imports nothing of this module. It needs no network and
// no root.
//
//	go run ./scripts/attack -binary PATH
//	go run ./scripts/attack -binary PATH -quick
//	go run ./scripts/attack -binary PATH -area flip -seed 7
//
// It prints a table of areas, tries and wrong answers. Then it prints the command, the
// exit code and the output of each wrong answer. It exits with 1 if an answer is wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
)

// options are the flags.
type options struct {
	binary, area, only, data string
	quick                    bool
	seed                     uint64
}

// areas are attacked in this order. The tries of an area depend only on the
// options. The random choices of a try depend only on the seed and its name.
var areas = []struct {
	name  string
	tries func(o options) []try
}{
	{"kill", killTries},
	{"signal", signalTries},
	{"flip", flipTries},
	{"truncate", truncateTries},
	{"bomb", bombTries},
	{"array", arrayTries},
	{"disk", diskTries},
	{"download", downloadTries},
	{"names", nameTries},
	{"pipes", pipeTries},
	{"state", stateTries},
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "", "`path` of a built gaetrain (required)")
	flag.StringVar(&o.area, "area", "", "attack only the area with this `name` (default: all)")
	flag.StringVar(&o.only, "only", "", "make only the tries whose names match this regular `expression` (default: all)")
	flag.StringVar(&o.data, "data", "/usr/share/datasets/fashion-mnist", "`folder` with Fashion-MNIST, which a mirror serves; without these files, one try is left out")
	flag.BoolVar(&o.quick, "quick", false, "make fewer and smaller tries, in less than two minutes")
	flag.Uint64Var(&o.seed, "seed", 1, "`seed` of all random choices")
	flag.Parse()
	if o.binary == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: attack -binary PATH [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	wrong, err := attack(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
	}
	if err != nil || wrong > 0 {
		os.Exit(1)
	}
}

// attack makes the tries of the chosen areas, prints the results, and returns the
// number of wrong answers.
func attack(ctx context.Context, o options) (wrong int, err error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return 0, err
	}
	l, err := newLab(ctx, o)
	if err != nil {
		return 0, err
	}
	defer l.close()
	var results []areaResult
	for _, area := range areas {
		if o.area != "" && o.area != area.name {
			continue
		}
		var chosen []try
		for _, t := range area.tries(o) {
			if only.MatchString(t.name) {
				chosen = append(chosen, t)
			}
		}
		result := l.attackArea(area.name, chosen)
		if err := ctx.Err(); err != nil { // an interrupted try is not a wrong answer
			return 0, err
		}
		fmt.Fprintf(os.Stderr, "%s: %d tries, %d wrong, %.0f s\n", area.name, result.made, len(result.wrong), result.seconds)
		results = append(results, result)
	}
	if len(results) == 0 {
		return 0, fmt.Errorf("no area has the name %q", o.area)
	}
	return printResults(os.Stdout, o.seed, results), nil
}
