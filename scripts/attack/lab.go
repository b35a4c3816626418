package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// try is one attack. The function returns an error that describes the wrong answer,
// a leftOut, or nil.
type try struct {
	name string
	do   func(a *attempt) error
}

// leftOut is the reason why a try cannot be made on this machine.
type leftOut string

func (l leftOut) Error() string { return string(l) }

// finding is a wrong answer.
type finding struct {
	try    string
	what   error
	answer string // the last command, its exit code and a line of its output
}

// areaResult has the results of the tries of an area.
type areaResult struct {
	name    string
	made    int
	seconds float64
	wrong   []finding
	left    map[string]string // reason by try
}

// lab makes tries, two at a time. Each try has its own folder.
type lab struct {
	options
	ctx    context.Context
	folder string
	runs   map[string]*baseRun
}

func newLab(ctx context.Context, o options) (*lab, error) {
	var err error
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.binary); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, ctx: ctx, folder: folder, runs: make(map[string]*baseRun)}
	for name := range models {
		l.runs[name] = new(baseRun)
	}
	return l, nil
}

func (l *lab) close() { os.RemoveAll(l.folder) }

// attackArea makes tries, two at a time.
func (l *lab) attackArea(name string, tries []try) areaResult {
	result := areaResult{name: name, left: make(map[string]string)}
	begin := time.Now()
	var together sync.WaitGroup
	var writing sync.Mutex
	slots := make(chan struct{}, 2)
	for _, t := range tries {
		slots <- struct{}{}
		together.Go(func() {
			defer func() { <-slots }()
			if l.ctx.Err() != nil {
				return
			}
			answer, err := l.attempt(name, t)
			writing.Lock()
			defer writing.Unlock()
			var left leftOut
			if errors.As(err, &left) {
				result.left[t.name] = string(left)
				return
			}
			result.made++
			if err != nil {
				result.wrong = append(result.wrong, finding{t.name, err, answer})
			}
		})
	}
	together.Wait()
	slices.SortFunc(result.wrong, func(a, b finding) int { return strings.Compare(a.try, b.try) })
	result.seconds = time.Since(begin).Seconds()
	return result
}

// attempt makes one try in a temporary folder. It returns the last answer of the
// program, and the error of the try.
func (l *lab) attempt(area string, t try) (answer string, err error) {
	dir, err := os.MkdirTemp(l.folder, "try-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	h := fnv.New64a()
	io.WriteString(h, area+"/"+t.name)
	a := &attempt{lab: l, dir: dir, rand: rand.New(rand.NewPCG(l.seed, h.Sum64()))}
	defer a.stopAll()
	defer func() {
		answer = a.last
		if r := recover(); r != nil {
			err = fmt.Errorf("the try itself failed: %v %s", r, debug.Stack())
		}
	}()
	return "", t.do(a)
}

// printResults prints the table and the wrong answers, and returns their number.
func printResults(w io.Writer, seed uint64, results []areaResult) (wrong int) {
	fmt.Fprintf(w, "seed %d\n", seed)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "area\ttries\twrong\tleft out\tseconds")
	tries, left, seconds := 0, 0, 0.0
	row := func(name string, tries, wrong, left int, seconds float64) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.0f\n", name, tries, wrong, left, seconds)
	}
	for _, r := range results {
		row(r.name, r.made, len(r.wrong), len(r.left), r.seconds)
		tries, wrong, left, seconds = tries+r.made, wrong+len(r.wrong), left+len(r.left), seconds+r.seconds
	}
	row("all", tries, wrong, left, seconds)
	table.Flush()
	for _, r := range results {
		for _, name := range sortedNames(r.left) {
			fmt.Fprintf(w, "left out: %s/%s: %s\n", r.name, name, r.left[name])
		}
	}
	for _, r := range results {
		for _, f := range r.wrong {
			fmt.Fprintf(w, "\nwrong: %s/%s: %v\n   %s\n", r.name, f.try, f.what, f.answer)
		}
	}
	return wrong
}
