package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gaetrain/cmd/configfile"
	"gaetrain/trainer/sweep"
)

func TestParseSweep(t *testing.T) {
	plan, err := configfile.ParseSweep([]byte(`seeds = [3, 1]
[settings]
epochs = 20
"tied" = true
[grid]
hidden = [[512, 256], [], 64, "none"]
code = [16, 8]
[random]
draws = 5
seed = 7
learning-rate = {from = 1e-4, to = 0.01, scale = "log"}
solver = ["adam", "momentum"]
dropout.from = 0
dropout.to = 0.5
[[list]]
model = "vae"
beta = 4.0
[[list]]
model = "dense"
`))
	if err != nil {
		t.Fatal(err)
	}
	value := func(name, text string) sweep.Value { return sweep.Value{Name: name, Text: text} }
	want := sweep.Plan{
		Settings: []sweep.Value{value("epochs", "20"), value("tied", "true")},
		Grid: []sweep.Axis{
			{Name: "hidden", Values: []sweep.Value{{Name: "hidden", Text: "512,256", List: true}, {Name: "hidden", List: true}, value("hidden", "64"), value("hidden", "none")}},
			{Name: "code", Values: []sweep.Value{value("code", "16"), value("code", "8")}},
		},
		Random: []sweep.Range{
			{Name: "learning-rate", Scale: sweep.Log, From: 1e-4, To: 0.01},
			{Name: "solver", Choices: []sweep.Value{value("solver", "adam"), value("solver", "momentum")}},
			{Name: "dropout", Scale: sweep.Uniform, To: 0.5},
		},
		Draws: 5, DrawSeed: 7, Seeds: []uint64{3, 1},
		List: [][]sweep.Value{{value("model", "vae"), value("beta", "4.0")}, {value("model", "dense")}},
	}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Error(diff)
	}
	plan, err = configfile.ParseSweep([]byte("seeds = 2\nlist = [{code = 1}, {code = 2}]\n"))
	if err != nil || len(plan.Seeds) != 2 || plan.Seeds[0] != 1 || len(plan.List) != 2 {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestParseSweepErrors(t *testing.T) {
	for file, want := range map[string]string{
		"[gird]\ncode = [1]":                         "unknown key gird; hint: the keys are seeds, [settings]",
		"settings = 3":                               "settings should be a table; hint: [settings]",
		"grid = [1]":                                 "grid should be a table",
		"[settings]\nseeds = 3":                      "seeds is in [settings]; hint: put it above the first table",
		"[grid]\nseeds = [1, 2]":                     "seeds is in [grid]; hint",
		"[random]\nseeds = 2":                        "seeds is in [random]; hint",
		"[settings]\ncode.x = 1":                     "code in [settings] is a table, but should be a value",
		"[grid]\ncode = 16":                          "code in [grid] is not a list of values; hint: code = [1, 2]",
		"[grid]\ncode.x = [1]":                       "code in [grid] is not a list",
		"[grid]\nhidden = [[[8]]]":                   "hidden in [grid] has a list within a list",
		"[random]\ncode = 8":                         "code in [random] is not a list",
		"[random]\ncode = true":                      "code in [random] is one value; hint",
		"[random]\ndraws = -1":                       "draws in [random] has a value that is not a whole number from 0",
		"[random]\ncode = {from = 1, until = 2}":     "code in [random] has no number to; hint",
		"[random]\ncode = {from = 1, to = 2, x = 1}": "code in [random] has the unknown key x; hint: from, to and scale",
		"[random]\ncode = {from=1, to=2, scale = 1}": "code in [random] has a scale that is not text",
		"list = 3":                                   "list should be several tables; hint: [[list]]",
		"list = [1]":                                 "list has an element that is not a table",
		"seeds = 0":                                  "seeds is 0; hint: from 1 to 10000",
		"seeds = 100000000000000":                    "hint: from 1 to 10000",
		"seeds = []":                                 "seeds is empty",
		"seeds = [1, -1]":                            "seeds has a value that is not a whole number from 0",
		"seeds = \"3\"":                              "seeds is neither a number nor a list",
	} {
		if _, err := configfile.ParseSweep([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
	}
}

func TestReadSweep(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"seeds = 1":             "",
		"seeds =":               "file.toml line 1: ",
		"seeds = 0":             "file.toml: seeds is 0",
		"a.a.a.a.a.a.a.a.a = 1": "file.toml line 1: a key of more than 8 parts; hint",
	} {
		path := filepath.Join(dir, "file.toml")
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := configfile.ReadSweep(path); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if _, err := configfile.ReadSweep(dir); err == nil || !strings.Contains(err.Error(), "is not a regular file; hint: gaetrain sweep") {
		t.Error(err)
	}
}

// FuzzSweep asks that any description of a sweep is expanded or refused in bounded time, and
// that its jobs have distinct names that a file system takes.
func FuzzSweep(f *testing.F) {
	for _, file := range []string{
		"", "seeds = 3\n[grid]\ncode = [1, 2]\nhidden = [[8, 4], \"none\"]\n", "seeds = [1, 1]\n[settings]\nseed = 3\n",
		"[random]\ndraws = 9\nseed = 1\nlr = {from = 1e-4, to = 1e-2, scale = \"log\"}\ncode = {from = 2, to = 64, scale = \"log-integer\"}\nsolver = [\"a\", \"b\"]\n",
		"[[list]]\na = 1\n[[list]]\nb = \"../x,y z\"\n[grid]\nc = [1]\n", "[random]\ndraws = 10\na = {from = -1e308, to = 1e308}\n", "grid.a = [1]\nlist = [{a = 1}]\n",
		"[random]\ndraws = 99\na = {from = -9, to = 9, scale = \"integer\"}\nb = [\"\", \"none\"]\n", "seeds = 10001\n[grid]\na = [1, 2]\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > configfile.MaxSize {
			return
		}
		began := time.Now()
		defer func() {
			if took := time.Since(began); took > 3*time.Second {
				t.Fatalf("%s for %d bytes", took, len(file))
			}
		}()
		plan, err := configfile.ParseSweep(file)
		if err != nil {
			return
		}
		s, err := sweep.New(plan)
		if err != nil {
			return
		}
		if s.Len() < 1 || s.Len() > sweep.MaxJobs {
			t.Fatalf("%d jobs", s.Len())
		}
		names := make(map[string]bool)
		for i := range min(s.Len(), 1000) {
			name := s.Job(i).Name()
			if names[name] || len(name) > 255 || strings.ContainsAny(name, "/, \n") {
				t.Fatalf("job %d has the name %q", i, name)
			}
			names[name] = true
		}
	})
}
