// Package sweep expands the description of a sweep into numbered jobs, each of which is one
// training run, and collects their results.
package sweep

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of a sweep. They bound the time and the memory of reading any description.
const (
	MaxJobs   = 10_000
	maxVaried = 32 // settings
)

// Value is the value of a setting.
type Value struct {
	Name string
	Text string // in the form that a flag takes
	List bool   // written as a list
}

// Axis lists the values of a setting.
type Axis struct {
	Name   string
	Values []Value
}

// Plan describes a sweep. The combinations are the product of the entries of the list, the
// points of the grid and the draws. Each combination is trained once with each seed.
type Plan struct {
	Settings []Value // of all jobs
	List     [][]Value
	Grid     []Axis
	Random   []Range
	Draws    int      // number of draws; 0 without random settings
	DrawSeed uint64   // of the draws
	Seeds    []uint64 // of the runs; nil: the only one is the seed of the settings
}

// Sweep is a checked plan.
type Sweep struct {
	Plan
	Varied   []string // the settings that vary, apart from the seed
	Repeated int      // draws that are left out because an earlier draw has the same values
	draws    [][]Value
	points   int // of the grid
}

// New checks a plan.
func New(p Plan) (*Sweep, error) {
	s := &Sweep{Plan: p, points: 1}
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(s.Seeds) == 0 {
		s.Seeds = []uint64{1}
	}
	if len(s.List) == 0 {
		s.List = [][]Value{nil}
	}
	for _, axis := range s.Grid {
		s.points *= len(axis.Values)
		if s.points > MaxJobs {
			return nil, tooMany()
		}
	}
	// The number of draws is checked first, because it bounds the time of drawing.
	if s.Draws > MaxJobs || len(s.List)*s.points > MaxJobs || len(s.Seeds) > MaxJobs {
		return nil, tooMany()
	}
	s.draw()
	if len(s.List)*s.points*len(s.draws) > MaxJobs || s.Len() > MaxJobs {
		return nil, tooMany()
	}
	return s, s.distinct()
}

func tooMany() error {
	return fmt.Errorf("the sweep has more than %d jobs; hint: fewer values in the grid, or random draws instead", MaxJobs)
}

// check finds the settings that vary, and reports a setting that has values in two places.
func (s *Sweep) check() error {
	places := make(map[string]string)
	vary := func(name, place string) error {
		other, taken := places[name]
		switch {
		case name == "seed":
			return fmt.Errorf("%s has the setting seed; hint: seeds = 3 above the first table, or [random] seed for the draws", place)
		case name == "run" || name == "resume" || name == "more-epochs":
			return fmt.Errorf("%s has the setting %s, which each job sets itself; hint: leave it out", place, name)
		case taken:
			return fmt.Errorf("%s is both in %s and in %s; hint: leave it out of one of them", name, other, place)
		}
		places[name] = place
		s.Varied = append(s.Varied, name)
		return nil
	}
	for i, entry := range s.List {
		if len(entry) == 0 {
			return fmt.Errorf("entry %d of [[list]] has no settings; hint: leave it out", i+1)
		}
		for _, v := range entry {
			if places[v.Name] == "[[list]]" {
				continue
			}
			if err := vary(v.Name, "[[list]]"); err != nil {
				return err
			}
		}
	}
	for _, axis := range s.Grid {
		if len(axis.Values) == 0 {
			return fmt.Errorf("%s in [grid] has no values; hint: %s = [1, 2]", axis.Name, axis.Name)
		}
		if err := vary(axis.Name, "[grid]"); err != nil {
			return err
		}
	}
	for _, r := range s.Random {
		if err := vary(r.Name, "[random]"); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	if len(s.Varied) > maxVaried {
		return fmt.Errorf("the sweep varies %d settings; hint: at most %d", len(s.Varied), maxVaried)
	}
	return s.checkShared(places)
}

// checkShared checks the settings of all jobs, the draws and the seeds.
func (s *Sweep) checkShared(places map[string]string) error {
	for _, v := range s.Settings {
		switch place := places[v.Name]; {
		case v.Name == "run" || v.Name == "resume" || v.Name == "more-epochs":
			return fmt.Errorf("[settings] has the setting %s, which each job sets itself; hint: leave it out", v.Name)
		case v.Name == "seed" && len(s.Seeds) > 0:
			return fmt.Errorf("the sweep has seeds, and [settings] has seed; hint: leave out one of them")
		case place != "":
			return fmt.Errorf("%s is both in [settings] and in %s; hint: leave it out of [settings]", v.Name, place)
		}
	}
	switch {
	case len(s.Random) > 0 && s.Draws < 1:
		return fmt.Errorf("draws in [random] is %d; hint: the number of draws, such as draws = 20", s.Draws)
	case len(s.Random) == 0 && s.Draws > 0:
		return fmt.Errorf("[random] has draws, but no settings; hint: learning-rate = {from = 0.0001, to = 0.01, scale = \"log\"}")
	}
	for i, seed := range s.Seeds {
		if slices.Contains(s.Seeds[:i], seed) && len(s.Seeds) <= MaxJobs {
			return fmt.Errorf("seeds lists %d twice; hint: each seed once", seed)
		}
	}
	return nil
}

// Len is the number of jobs.
func (s *Sweep) Len() int { return s.Combinations() * len(s.Seeds) }

// Combinations is the number of combinations of settings.
func (s *Sweep) Combinations() int { return len(s.draws) * len(s.List) * s.points }

// Job is one training run of a sweep.
type Job struct {
	Index       int // from 0
	Combination int // from 0
	Seed        uint64
	Values      []Value // of the settings that vary, without the seed
}

// Job returns job i. The jobs are ordered by seed, then by draw, then by entry of the list,
// and then by point of the grid, whose last setting changes fastest. Jobs keep their
// numbers if the plan gets more seeds.
func (s *Sweep) Job(i int) Job {
	combinations := s.Combinations()
	j := Job{Index: i, Combination: i % combinations, Seed: s.Seeds[i/combinations]}
	at := j.Combination
	point := at % s.points
	at /= s.points
	j.Values = slices.Concat(s.List[at%len(s.List)], make([]Value, len(s.Grid)), s.draws[at/len(s.List)])
	for k := len(s.Grid) - 1; k >= 0; k-- {
		values := s.Grid[k].Values
		j.Values[len(s.List[at%len(s.List)])+k] = values[point%len(values)]
		point /= len(values)
	}
	return j
}

// Value returns the value of a setting that varies, or "" if the job does not set it.
func (j Job) Value(name string) string {
	for _, v := range j.Values {
		if v.Name == name {
			return v.shown()
		}
	}
	return ""
}

// Cell is Value for a table: a dash if the job does not set it.
func (j Job) Cell(name string) string {
	if text := j.Value(name); text != "" {
		return text
	}
	return dash
}

// shown is the text of a value: "none" if it is empty, and 4 for 4.0.
func (v Value) shown() string {
	if v.Text == "" {
		return "none"
	}
	if whole, ok := strings.CutSuffix(v.Text, ".0"); ok && strings.Trim(whole, "-0123456789") == "" {
		return whole
	}
	return v.Text
}

// String lists the settings of a job, such as "code=16 learning-rate=0.001 seed=1".
func (j Job) String() string {
	words := make([]string, 0, len(j.Values)+1)
	for _, v := range j.Values {
		words = append(words, v.Name+"="+v.shown())
	}
	return strings.Join(append(words, fmt.Sprintf("seed=%d", j.Seed)), " ")
}

// distinct reports two jobs with the same settings, whose run folders would be the same.
func (s *Sweep) distinct() error {
	first := make(map[string]int, s.Combinations())
	for i := range s.Combinations() {
		job := s.Job(i)
		name := job.Name()
		if before, ok := first[name]; ok {
			return fmt.Errorf("jobs %d and %d have the same settings (%s); hint: list each value and each entry once", before, i, job)
		}
		first[name] = i
	}
	return nil
}
