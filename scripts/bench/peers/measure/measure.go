// Package measure has the parts that the Go peers share: the command line, the images,
// the timed loop and the line of JSON. measure.py has the same parts for Python.
package measure

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Options are the flags that every peer has.
type Options struct {
	Model    string
	Batch    int
	Steps    int
	Seconds  float64
	Warmup   int
	Threads  int
	switches []string
}

// Parse reads the command line. A peer must define its own flags before.
func Parse() Options {
	var o Options
	own := map[string]bool{}
	flag.VisitAll(func(f *flag.Flag) { own[f.Name] = true })
	flag.StringVar(&o.Model, "model", "dense", "model to train: dense, vae or conv")
	flag.IntVar(&o.Batch, "batch", 128, "batch size, in images")
	flag.IntVar(&o.Steps, "steps", 0, "stop after this many timed steps (0: no limit)")
	flag.Float64Var(&o.Seconds, "seconds", 5, "stop after this many seconds")
	flag.IntVar(&o.Warmup, "warmup", 20, "number of steps before the timed steps")
	flag.IntVar(&o.Threads, "threads", 0, "GOMAXPROCS (0: the default)")
	flag.Parse()
	if o.Threads > 0 {
		runtime.GOMAXPROCS(o.Threads)
	}
	flag.Visit(func(f *flag.Flag) {
		if own[f.Name] || f.Name == "threads" {
			o.switches = append(o.switches, "--"+f.Name+"="+f.Value.String())
		}
	})
	return o
}

// Batches returns images (each B×784, in [0, 1], in steps of 1/255) of Gaussian blobs.
// They have exact zeros outside the blobs, as real data have.
func (o Options) Batches() [][]float32 {
	random := rand.New(rand.NewPCG(1, 1))
	between := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	batches := make([][]float32, max(4096/o.Batch, 1))
	for k := range batches {
		batch := make([]float32, 0, o.Batch*784)
		for range o.Batch {
			x0, y0, sx, sy := between(8, 20), between(8, 20), between(2, 6), between(2, 6)
			for i := range 784 {
				x, y := (float64(i%28)-x0)/sx, (float64(i/28)-y0)/sy
				batch = append(batch, float32(math.Floor(math.Exp(-x*x-y*y)*255)/255))
			}
		}
		batches[k] = batch
	}
	return batches
}

// Run measures the time of step(i), which returns the loss. It prints the result as JSON,
// and exits with 1 unless the loss has decreased.
func (o Options) Run(program, module string, step func(i int) float64) {
	first := step(0)
	last := first
	for i := 1; i < o.Warmup; i++ {
		last = step(i)
	}

	var durations []float64
	start := time.Now()
	now := start
	for {
		last = step(len(durations))
		previous := now
		now = time.Now()
		durations = append(durations, now.Sub(previous).Seconds()*1e3)
		if (o.Steps > 0 && len(durations) >= o.Steps) || now.Sub(start).Seconds() >= o.Seconds {
			break
		}
	}
	total := now.Sub(start).Seconds()
	images := float64(len(durations) * o.Batch)

	slices.Sort(durations)
	version, settings := build(module)
	fell := last < first
	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"program":               program,
		"version":               version,
		"model":                 o.Model,
		"batch":                 o.Batch,
		"threads":               o.Threads,
		"settings":              strings.Join(append(o.switches, settings...), " "),
		"milliseconds_per_step": durations[len(durations)/2],
		"milliseconds_minimum":  durations[0],
		"images_per_second":     images / total,
		"loss_first":            first,
		"loss_last":             last,
	})
	if err == nil && !fell {
		err = fmt.Errorf("the loss has not decreased: it was %g and is %g", first, last)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
		os.Exit(1)
	}
}

// build returns the version of a module, and the settings of the build and of the run.
func build(module string) (version string, settings []string) {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == module {
			version = m.Version + ", " + info.GoVersion
		}
	}
	for _, s := range info.Settings {
		if slices.Contains([]string{"GOAMD64", "GOEXPERIMENT", "-tags"}, s.Key) {
			settings = append(settings, s.Key+"="+s.Value)
		}
	}
	for _, key := range []string{"GOGC", "GOMAXPROCS", "GOMEMLIMIT"} {
		if value, ok := os.LookupEnv(key); ok {
			settings = append(settings, key+"="+value)
		}
	}
	return version, settings
}
