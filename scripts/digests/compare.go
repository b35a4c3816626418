package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
)

// record is a line of a recorded file: two digests over the tensors of the last
// checkpoint, and the last losses.
type record struct {
	digest, nameless string
	test, train      float64
}

// columns is the second line of a recorded file.
const columns = "# case, digest over names, shapes and values, digest over shapes and values, last test loss, last train loss"

func (r record) line(name string) string {
	return fmt.Sprintf("%s %s %s %.17g %.17g", name, r.digest, r.nameless, r.test, r.train)
}

// heading is the first line of a recorded file.
func heading(commit, kernel, version string) string {
	if kernel == "" {
		kernel = "default"
	}
	return fmt.Sprintf("# commit %s, kernel %s: %s", commit, kernel, version)
}

var kernelOf = regexp.MustCompile(`^# commit \S+, kernel (\w+):`)

// recording is a recorded file.
type recording struct {
	kernel  string // empty for the fastest of the processor
	records map[string]record
}

func readRecording(path string) (r recording, err error) {
	file, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer file.Close()
	r.records = make(map[string]record)
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		if found := kernelOf.FindStringSubmatch(line); found != nil && found[1] != "default" {
			r.kernel = found[1]
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var name string
		var got record
		if _, err := fmt.Sscanf(line, "%s %s %s %g %g", &name, &got.digest, &got.nameless, &got.test, &got.train); err != nil {
			return r, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		r.records[name] = got
	}
	return r, lines.Err()
}

// reportDifferences prints one line per case that differs, and returns an error
// if there is one.
func reportDifferences(got map[string]result, want recording, only *regexp.Regexp, ignoreNames bool) error {
	lines := differences(got, want, only, ignoreNames)
	for _, line := range lines {
		fmt.Println(line)
	}
	if len(lines) > 0 {
		return fmt.Errorf("there are %d lines of differences; %d cases were run", len(lines), len(got))
	}
	fmt.Printf("%d cases are the same\n", len(got))
	return nil
}

// differences returns one line for each case that differs, that has failed, or that is
// only recorded or only run. Recorded cases that were not chosen are ignored.
func differences(got map[string]result, want recording, only *regexp.Regexp, ignoreNames bool) (lines []string) {
	for _, name := range sortedNames(got) {
		result := got[name]
		recorded, found := want.records[name]
		switch {
		case result.err != nil:
			lines = append(lines, fmt.Sprintf("%s: failed: %v", name, result.err))
		case !found:
			lines = append(lines, name+": not recorded")
		default:
			if how := difference(result.record, recorded, ignoreNames); how != "" {
				lines = append(lines, name+": "+how)
			}
		}
	}
	for _, name := range sortedNames(want.records) {
		if _, found := got[name]; !found && only.MatchString(name) {
			lines = append(lines, name+": missing: recorded, but not among the cases")
		}
	}
	return lines
}

// difference describes how a record differs from the recorded one. It is empty if the
// digest and both losses are the same.
func difference(got, want record, ignoreNames bool) string {
	digests := [2]string{got.digest, want.digest}
	if ignoreNames {
		digests = [2]string{got.nameless, want.nameless}
	}
	if digests[0] == digests[1] && got.test == want.test && got.train == want.train {
		return ""
	}
	how := "differs"
	switch {
	case digests[0] == digests[1]:
		how = "losses differ, tensors are the same"
	case !ignoreNames && got.nameless == want.nameless && got.test == want.test && got.train == want.train:
		how = "tensors renamed"
	case near(got.test, want.test) && near(got.train, want.train):
		how = "sum reordered"
	}
	return fmt.Sprintf("%s: digest %s, recorded %s; test loss %.17g, recorded %.17g; train loss %.17g, recorded %.17g",
		how, digests[0], digests[1], got.test, want.test, got.train, want.train)
}

// near reports whether the difference of two losses can be explained by the order of a
// sum.
func near(a, b float64) bool {
	const tolerance = 1e-6
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}
