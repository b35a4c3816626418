package cmd

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"codeberg.org/sbinet/npyio"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
)

// TestScript runs the scripts of testdata/script with the whole program.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv(threads, "1")
			e.Setenv(garbage, os.Getenv(garbage))
			return os.WriteFile(filepath.Join(e.WorkDir, "small.toml"), []byte(small), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails, "ends": ends, "same": same, "equal": equal, "by-class": writeByClass, "idx": writeIDX, "npz": writeNPZ, "picture": writePicture, "ink": writeInk,
			"truncate": truncate, "flip": flip, "npy": checkNPY, "sorted": checkSorted, "jsonlines": checkJSONLines, "narrow": checkWidth, "suggested": runSuggested, "agrees": checkAgreement, "visit": visit,
		},
	})
}

// checkWidth COLUMNS checks that no line of stdout is longer.
func checkWidth(ts *testscript.TestScript, neg bool, args []string) {
	columns, err := strconv.Atoi(args[0])
	if neg || err != nil {
		ts.Fatalf("usage: narrow COLUMNS")
	}
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if utf8.RuneCountInString(line) > columns {
			ts.Fatalf("longer than %d columns: %s", columns, line)
		}
	}
}

var suggestion = regexp.MustCompile(`(?m)^(?:next)? +gaetrain (.*)$`)

// runSuggested NUMBER runs the commands that stdout suggests. There must be so many, and
// they must not write into the current folder.
func runSuggested(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	found := suggestion.FindAllStringSubmatch(ts.ReadFile("stdout"), -1)
	if neg || err != nil || len(found) != want {
		ts.Fatalf("usage: suggested NUMBER; stdout proposes %q", found)
	}
	for _, command := range found {
		ts.Check(ts.Exec("sh", "-c", "gaetrain "+command[1]))
		for _, left := range []string{"codes.npy", "codes.csv"} {
			_ = os.Remove(ts.MkAbs(left)) // most verbs write no such file
		}
	}
}

// fails CODE PROGRAM… runs a program that must end with this exit code. It must print
// nothing on stdout and one line on stderr, and leave nothing behind.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	before := tree(ts)
	ends(ts, neg, args)
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout is not empty")
	}
	if diff := cmp.Diff(before, tree(ts)); diff != "" {
		ts.Fatalf("left behind (+) or removed (-):\n%s", diff)
	}
}

// message matches the line that reports an error.
var message = regexp.MustCompile(`^gaetrain: [^A-Z\n][^\n]*\n$`)

// ends CODE PROGRAM… runs a program that must end with this exit code. Unless the code is
// 0, the program must report the reason in one line on stderr.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ends CODE PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
	if text := ts.ReadFile("stderr"); code != 0 && !message.MatchString(text) {
		ts.Fatalf("stderr is not one plain line: %q", text)
	}
}

// tree lists all files in the script's folder, including temporary files.
func tree(ts *testscript.TestScript) (paths []string) {
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	}))
	return paths
}

// same A B checks that two run folders hold the same weights, solver state and figures,
// except for times.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same RUN RUN")
	}
	diff, err := compareRuns(ts.MkAbs(args[0]), ts.MkAbs(args[1]))
	ts.Check(err)
	if (diff == "") == neg {
		ts.Fatalf("same: %t, %s", diff == "", diff)
	}
}

// equal checks that the last columns of all lines on stdout are equal.
func equal(ts *testscript.TestScript, neg bool, _ []string) {
	lines, values := strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n"), make(map[string]bool)
	for _, line := range lines {
		values[line[strings.LastIndexByte(line, '\t')+1:]] = true
	}
	if equal := len(values) == 1; equal == neg || len(lines) < 2 {
		ts.Fatalf("%d values on %d lines", len(values), len(lines))
	}
}

// idx DIR HEIGHT WIDTH [FILE COUNT [LABEL]] writes a data set of 20 training and
// 10 test images. One of the files can hold another count, or only one label.
func writeIDX(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		ts.Check(err)
		return n
	}
	height, width := number(args[1]), number(args[2])
	for _, file := range []struct {
		name   string
		count  int
		images bool
	}{
		{"train-images-idx3-ubyte", 20, true}, {"train-labels-idx1-ubyte", 20, false},
		{"t10k-images-idx3-ubyte", 10, true}, {"t10k-labels-idx1-ubyte", 10, false},
	} {
		label := -1
		if len(args) > 4 && args[3] == file.name {
			file.count = number(args[4])
			if len(args) > 5 {
				label = number(args[5])
			}
		}
		var data []byte
		if file.images {
			for _, n := range []int{0x803, file.count, height, width} {
				data = binary.BigEndian.AppendUint32(data, uint32(n))
			}
			for i := range file.count * height * width {
				data = append(data, byte(i*7))
			}
		} else {
			data = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(data, 0x801), uint32(file.count))
			for i := range file.count {
				if label >= 0 {
					i = label
				}
				data = append(data, byte(i%10+max(0, label-label%10)))
			}
		}
		ts.Check(os.WriteFile(filepath.Join(dir, file.name), data, 0o644))
	}
}

// picture [-colour] HEIGHT WIDTH FILE… writes PNG files.
func writePicture(ts *testscript.TestScript, _ bool, args []string) {
	colour := args[0] == "-colour"
	if colour {
		args = args[1:]
	}
	height, err := strconv.Atoi(args[0])
	ts.Check(err)
	width, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i, name := range args[2:] {
		m := image.NewRGBA(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				v := uint8(x*y + 11*i)
				m.Set(x, y, color.Gray{Y: v})
				if colour {
					m.Set(x, y, color.RGBA{v, uint8(9 * x), uint8(7 * y), 255})
				}
			}
		}
		var data bytes.Buffer
		ts.Check(png.Encode(&data, m))
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
		ts.Check(os.WriteFile(ts.MkAbs(name), data.Bytes(), 0o644))
	}
}

// ink FILE… writes PNG files of 4×4 pixels, some of them black, the others
// transparent.
func writeInk(ts *testscript.TestScript, _ bool, args []string) {
	for i, name := range args {
		m := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		for at := range i + 1 {
			m.SetNRGBA(at%4, at/4, color.NRGBA{A: 255})
		}
		var data bytes.Buffer
		ts.Check(png.Encode(&data, m))
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
		ts.Check(os.WriteFile(ts.MkAbs(name), data.Bytes(), 0o644))
	}
}

// truncate FILE N cuts N bytes off the end of a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()-int64(n)))
}

// flip FILE N inverts the lowest bit of byte N. A negative N counts from the end.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// npy FILE DIMENSION… checks that the file is an array of float32 with this shape.
func checkNPY(ts *testscript.TestScript, _ bool, args []string) {
	file, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	array, err := npyio.NewReader(file)
	ts.Check(err)
	if got, want := fmt.Sprint(array.Header.Descr.Shape), fmt.Sprint(args[1:]); got != want {
		ts.Fatalf("shape %v, want %v", got, want)
	}
	var values []float32
	ts.Check(array.Read(&values))
	varied := false
	for _, v := range values {
		varied = varied || v != values[0]
	}
	if !varied {
		ts.Fatalf("all %d values are the same", len(values))
	}
}

// sorted FILE COLUMN checks that the numbers in a column of a .csv file never increase.
func checkSorted(ts *testscript.TestScript, neg bool, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	column := slices.Index(rows[0], args[1])
	var values []float64
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[column], 64)
		ts.Check(err)
		values = append(values, -v)
	}
	if slices.IsSorted(values) == neg || len(values) < 2 {
		ts.Fatalf("sorted: %t, %d values", !neg, len(values))
	}
}

// jsonlines FILE KEY… checks that each line is a JSON object with a level and a message,
// and that the last line has the keys.
func checkJSONLines(ts *testscript.TestScript, _ bool, args []string) {
	var last map[string]any
	for _, line := range strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n") {
		last = nil
		ts.Check(json.Unmarshal([]byte(line), &last))
		if last["level"] == nil || last["msg"] == nil {
			ts.Fatalf("no level or message: %s", line)
		}
	}
	for _, key := range args[1:] {
		if _, ok := last[key].(float64); !ok {
			ts.Fatalf("no number %s in %v", key, last)
		}
	}
}

// agrees METRICS LAST BEST checks that metrics.json has the figures that eval printed as
// JSON for the last and the best checkpoint.
func checkAgreement(ts *testscript.TestScript, _ bool, args []string) {
	var final trainer.Final
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &final))
	for i, want := range []trainer.Figures{final.Last["test"], final.Best["test"]} {
		var got trainer.Figures
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[i+1])), &got))
		if ssim := got.Measures[measure.Similarity]; !(ssim > 0 && ssim < 1 && got.StandardErrors[measure.Similarity] > 0) {
			ts.Fatalf("%s: ssim %g", args[i+1], ssim)
		}
		for _, name := range []string{measure.Similarity, measure.GradientEnergy} { // which only eval measures
			delete(got.Measures, name)
			delete(got.StandardErrors, name)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Loss == 0 {
			ts.Fatalf("%s: %s", args[i+1], diff)
		}
	}
}

// by-class FILE writes an .npz file of 210 images of 4×4 pixels without a test set. It has
// 70 images of each of three classes, sorted by class.
func writeByClass(ts *testscript.TestScript, _ bool, args []string) {
	const classes, each = 3, 70
	var images, labels []byte
	for i := range classes * each {
		for pixel := range 16 {
			images = append(images, uint8(i*pixel))
		}
		labels = append(labels, uint8(i/each))
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	w := zip.NewWriter(f)
	for _, member := range []struct {
		name, shape string
		data        []byte
	}{{"images.npy", "210, 4, 4", images}, {"labels.npy", "210,", labels}} {
		m, err := w.Create(member.name)
		ts.Check(err)
		header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }", member.shape)
		_, err = fmt.Fprintf(m, "\x93NUMPY\x01\x00%c\x00%-117s\n%s", 118, header, member.data)
		ts.Check(err)
	}
	ts.Check(w.Close())
}
