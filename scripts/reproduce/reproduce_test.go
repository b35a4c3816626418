package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		bound bound
		ours  []float64
		cells []string // ours and verdict
		holds bool
	}{
		{atMost(3.5), []float64{3, 3.5}, []string{"3.25 ± 0.35", "≤ 3.5: holds"}, true},
		{atMost(3.5), []float64{3.501}, []string{"3.50", "≤ 3.5: FAILS"}, false},
		{atLeast(0.99), []float64{0.995}, []string{"0.99", "≥ 0.99: holds"}, true},
		{atLeast(0.99), nil, []string{"NaN", "≥ 0.99: FAILS"}, false},
		{bound{}, []float64{7}, []string{"7.00", "reported"}, true},
	} {
		r := row{format: "%.2f", bound: c.bound}
		for _, v := range c.ours {
			r.add(v, 1)
		}
		cells := r.cells()
		if got := []string{cells[2], cells[5]}; !slices.Equal(got, c.cells) || r.holds() != c.holds {
			t.Errorf("%v of %v: %q, holds %t; want %q, %t", c.bound, c.ours, got, r.holds(), c.cells, c.holds)
		}
	}
}

func TestBetween(t *testing.T) {
	const old = "# Results\n\n<!-- begin one -->\nold\n<!-- end one -->\n\nby hand\n"
	changed, err := between(old, "one", "new\n")
	if want := strings.Replace(old, "old", "new", 1); err != nil || changed != want {
		t.Errorf("between = %q, %v, want %q", changed, err, want)
	}
	changed, err = between(old, "two", "more\n")
	if want := old + "\n<!-- begin two -->\nmore\n<!-- end two -->\n"; err != nil || changed != want {
		t.Errorf("between = %q, %v, want %q", changed, err, want)
	}
	if _, err := between(strings.Replace(old, "end", "", 1), "one", ""); err == nil {
		t.Error("a text with only one marker was changed")
	}
}

// TestExecutables checks that every experiment has an executable with its name.
func TestExecutables(t *testing.T) {
	for _, e := range append(experiments, experiment{name: "all"}) {
		if info, err := os.Stat(e.name); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be run by its name: %v; hint: ln -s all %s", e.name, err, e.name)
		}
	}
}

// TestLab trains a small model, is interrupted, resumes, and repeats no finished run.
func TestLab(t *testing.T) {
	l, err := newLab(context.Background(), options{work: t.TempDir(), root: "../..", limit: time.Millisecond, quick: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	tiny := experiment{name: "tiny", seeds: 3, run: func(l *lab) error {
		mse := l.row(row{claim: "squared error", format: "%.3f", bound: atMost(0.2)})
		return l.eachSeed(func(seed int) error {
			r, err := l.train(seed, "--hidden 8 --code 2 --train-images 200 --test-images 100 --epochs 1")
			if err != nil {
				return err
			}
			var eval struct{ MSE float64 }
			took, err := l.measure(r, "eval --split train", &eval)
			mse.add(eval.MSE, r.seconds+took)
			return err
		})
	}}
	if _, err := l.make(tiny); err == nil || !strings.Contains(err.Error(), "run it again to resume") {
		t.Fatalf("a time limit of a millisecond gives the error %v", err)
	}
	l.limit = time.Minute
	rows, err := l.make(tiny)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || len(rows[0].ours) != 1 || !rows[0].holds() || rows[0].seconds[0] <= 0 {
		t.Errorf("one quick seed gives %+v", rows)
	}
	before := times(t, l.work)
	if _, err := l.make(tiny); err != nil {
		t.Fatal(err)
	}
	if after := times(t, l.work); len(before) != 4 || !slices.Equal(before, after) {
		t.Errorf("the work folder was changed at %v, then at %v", before, after)
	}
	if want := "gaetrain eval --split train --run RUN"; len(l.commands) != 2 || l.commands[1] != want {
		t.Errorf("commands are %q, the last should be %q", l.commands, want)
	}
}

// times lists when each file in a folder was changed.
func times(t *testing.T, folder string) (list []string) {
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, path+" "+info.ModTime().String())
	}
	return list
}

// TestSections checks that docs/results.md has the titles and introductions of the
// experiments, and that its blocks of commands are closed.
func TestSections(t *testing.T) {
	data, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	text, sections := string(data), 0
	for _, e := range experiments {
		_, rest, _ := strings.Cut(text, "<!-- begin "+e.name+" -->\n")
		section, _, found := strings.Cut(rest, "<!-- end "+e.name+" -->")
		if !found {
			continue // the experiment has not been run in full yet
		}
		sections++
		if want := "## " + e.title + "\n\n" + strings.TrimSpace(e.about) + "\n"; !strings.HasPrefix(section, want) {
			t.Errorf("%s: docs/results.md has %.200q, the experiment has %.200q", e.name, section, want)
		}
	}
	if marked := strings.Count(text, "<!-- begin "); marked != sections {
		t.Errorf("%d sections have markers, %d of them are of experiments", marked, sections)
	}
	open := false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			open = !open
		} else if open && strings.HasPrefix(line, "## ") {
			t.Errorf("line %d: heading %q in a block of commands", i+1, line)
		}
	}
	if open {
		t.Error("the last block of commands is not closed")
	}
}
