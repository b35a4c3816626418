package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParseCases(t *testing.T) {
	cases, err := parseCases("# none\n\nplain: --model conv --encoder 'conv:4,3 dense:8' --epochs 5\ntuned: finetune plain --seed=7 --thaw\n")
	if err != nil || len(cases) != 2 {
		t.Fatalf("%v, %v", cases, err)
	}
	folder := func(name string) string { return "runs/" + name }
	for i, want := range []string{
		"train|--run=runs/plain|--model|conv|--encoder|conv:4,3 dense:8|--epochs|5|--dataset=sample|--train-images=512|--test-images=128|--validation=0|--batch-size=64|--pictures=0|--quiet=true|--seed=3",
		"finetune|--from=runs/plain|--run=runs/tuned|--seed=7|--thaw|--dataset=sample|--train-images=512|--test-images=128|--epochs=2|--batch-size=64|--pictures=0|--quiet=true",
	} {
		if got := strings.Join(cases[i].arguments(folder), "|"); got != want {
			t.Errorf("arguments are\n%s, want\n%s", got, want)
		}
	}
	for _, text := range []string{"no name", "a: --x\na: --y", "a: finetune b", "a: finetune --thaw", "a: --encoder 'conv:4,3"} {
		if _, err := parseCases(text); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

// checkpoint is a safetensors file of two tensors.
func checkpoint(header, values string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+values...)
}

func TestDigest(t *testing.T) {
	read := func(data []byte) []tensor {
		t.Helper()
		tensors, err := parseTensors(data)
		if err != nil {
			t.Fatal(err)
		}
		return tensors
	}
	one := read(checkpoint(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"__metadata__":{"x":"y"}}`, "abcdefghijkl"))
	moved := read(checkpoint(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, "ijklabcdefgh"))
	renamed := read(checkpoint(`{"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, "abcdefghijkl"))
	changed := read(checkpoint(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, "abcdefghijkm"))
	if digest(one) != digest(moved) || namelessDigest(one) != namelessDigest(moved) {
		t.Error("the order in the file or the metadata change a digest")
	}
	if digest(one) == digest(renamed) || namelessDigest(one) != namelessDigest(renamed) {
		t.Error("a name changes the wrong digest")
	}
	if digest(one) == digest(changed) || namelessDigest(one) == namelessDigest(changed) {
		t.Error("a value does not change a digest")
	}
	for _, data := range [][]byte{nil, checkpoint(`{}`, ""), checkpoint(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, "abcd"), []byte("12345678")} {
		if _, err := parseTensors(data); err == nil {
			t.Errorf("%q is no error", data)
		}
	}
}

func TestDifferences(t *testing.T) {
	want := recording{records: map[string]record{
		"same": {"1", "2", 3, 4}, "renamed": {"1", "2", 3, 4}, "rounded": {"1", "2", 3, 4}, "other": {"1", "2", 3, 4},
		"evaluated": {"1", "2", 3, 4}, "gone": {"1", "2", 3, 4}, "left-out": {"1", "2", 3, 4},
	}}
	got := map[string]result{
		"same": {record: record{"1", "2", 3, 4}}, "renamed": {record: record{"9", "2", 3, 4}}, "rounded": {record: record{"9", "9", 3.000001, 4}},
		"other": {record: record{"9", "9", 3.00001, 4}}, "evaluated": {record: record{"1", "2", 3, 5}}, "new": {record: record{"1", "2", 3, 4}},
	}
	starts := []string{"evaluated: losses differ", "new: not recorded", "other: differs", "renamed: tensors renamed", "rounded: sum reordered", "gone: missing"}
	lines := differences(got, want, regexp.MustCompile("^[^l]"), false)
	if !slices.EqualFunc(lines, starts, strings.HasPrefix) {
		t.Errorf("differences are\n%s, want\n%s", strings.Join(lines, "\n"), strings.Join(starts, "\n"))
	}
	lines = differences(map[string]result{"renamed": got["renamed"]}, recording{records: map[string]record{"renamed": want.records["renamed"]}}, regexp.MustCompile(""), true)
	if len(lines) > 0 {
		t.Errorf("without names: %v", lines)
	}
}

// TestRecorded checks that each recorded file has all cases, and that each line is
// written exactly as it was read.
func TestRecorded(t *testing.T) {
	cases, err := readCases("cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, kernel := range []string{"generic", "avx2", "avx512"} {
		path := filepath.Join("recorded", kernel+".txt")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := readRecording(path)
		if err != nil {
			t.Fatal(err)
		}
		if r.kernel != kernel || len(r.records) != len(cases) {
			t.Errorf("%s: %d cases of kernel %q, want %d", path, len(r.records), r.kernel, len(cases))
		}
		for _, c := range cases {
			if !strings.Contains(string(data), "\n"+r.records[c.name].line(c.name)+"\n") {
				t.Errorf("%s: no line of %s", path, c.name)
			}
		}
	}
}
