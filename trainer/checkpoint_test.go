package trainer

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"gaetrain/graph"
)

// contents copies the tensors that a checkpoint of an experiment holds.
func contents(p *graph.Parameters, solver map[string][]float32) map[string][]float32 {
	all := make(map[string][]float32)
	for _, parameter := range p.All() {
		all[parameter.Name] = slices.Clone(parameter.Values())
	}
	for name, values := range solver {
		all[name] = slices.Clone(values)
	}
	return all
}

func sameContents(t *testing.T, got, want map[string][]float32) {
	t.Helper()
	for name := range want {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	l, dir := trained(t, small())
	want := contents(l.Parameters, l.solver.State())
	c, err := LoadCheckpoint(filepath.Join(dir, lastCheckpoint))
	if err != nil {
		t.Fatal(err)
	}
	if at := c.Position; at.Stage != 0 || at.Epoch != 3 || at.Step != 0 || at.Best == nil || *at.Best != *l.Position.Best {
		t.Errorf("position is %+v, want %+v", at, l.Position)
	}
	if c.Stage != "train" {
		t.Errorf("stage is %q", c.Stage)
	}
	other := experiment(t, small())
	solver := NewSolver(small().Config, nil, l.Program.Gradients())
	if err := c.Restore(other.Parameters, solver.State()); err != nil {
		t.Fatal(err)
	}
	sameContents(t, contents(other.Parameters, solver.State()), want)
	if got := len(c.tensors); got != len(want) {
		t.Errorf("the checkpoint has %d tensors, want %d", got, len(want))
	}
	best, err := LoadCheckpoint(filepath.Join(dir, bestCheckpoint))
	if err != nil {
		t.Fatal(err)
	}
	fails(t, best.Restore(other.Parameters, solver.State()), ErrCheckpoint, "no state of this solver", "best.safetensors")
	sameContents(t, contents(other.Parameters, solver.State()), want)
}

func TestNoCheckpoint(t *testing.T) {
	_, err := LoadCheckpoint(filepath.Join(t.TempDir(), "none.safetensors"))
	fails(t, err, ErrCheckpoint)
	fails(t, err, fs.ErrNotExist)
}

// minute returns a checkpoint of few bytes, and its experiment.
func minute(t testing.TB) ([]byte, *Experiment) {
	t.Helper()
	c := small()
	c.Hidden, c.Code = nil, 1
	e := experiment(t, c)
	path := filepath.Join(t.TempDir(), "minute.safetensors")
	of := Header{Run: "X", Stage: e.Final().Name, Metrics: Extent{100, 7}}
	of.Position = Position{Epoch: 1, Step: 2, Train: Totals{Images: 32, Squared: 1.25, Terms: map[string]float64{"reconstruction": 3.5}}}
	if err := SaveCheckpoint(path, of, e.Parameters, map[string][]float32{"solver/first/x": {1, 2}}); err != nil {
		t.Fatal(err)
	}
	return read(t, path), e
}

func TestTruncatedCheckpoint(t *testing.T) {
	data, _ := minute(t)
	path := filepath.Join(t.TempDir(), "cut.safetensors")
	for cut := range len(data) {
		if _, err := parseCheckpoint(data[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted as a checkpoint", cut, len(data))
		}
	}
	for _, cut := range []int{0, 7, 8, 100, len(data) - 1} {
		write(t, data[:cut], path)
		_, err := LoadCheckpoint(path)
		fails(t, err, ErrCheckpoint, path, "truncated")
	}
	if _, err := parseCheckpoint(append(slices.Clone(data), 0)); err == nil {
		t.Error("an additional byte remains undetected")
	}
}

// TestFlippedByte changes each byte of a file in turn. The file must be refused, or
// its content must be unchanged.
func TestFlippedByte(t *testing.T) {
	data, e := minute(t)
	whole, err := parseCheckpoint(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		for _, flip := range []byte{1, 2, 0x20, 0x80} {
			flipped := slices.Clone(data)
			flipped[i] ^= flip
			c, err := parseCheckpoint(flipped)
			if err != nil || c.Restore(e.Parameters, nil) != nil {
				continue
			}
			if fmt.Sprint(c.tensors) != fmt.Sprint(whole.tensors) || text(c) != text(whole) {
				t.Fatalf("the change of byte %d to %q remains undetected in %.400q", i, flipped[i], data)
			}
		}
	}
}

func text(c *Checkpoint) string {
	header, err := json.Marshal(c.Header)
	return fmt.Sprint(string(header), err)
}

// rewrite changes a checkpoint file and updates its checksum.
func rewrite(t *testing.T, data []byte, change func(header *string, tensors map[string]safetensors.View)) []byte {
	t.Helper()
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	_, metadata, err := safetensors.ReadMetadata(data)
	if err != nil {
		t.Fatal(err)
	}
	header, tensors := metadata.Metadata()[headerKey], make(map[string]safetensors.View)
	for _, tensor := range file.Tensors() {
		tensors[tensor.Name] = tensor.TensorView
	}
	change(&header, tensors)
	data, err = safetensors.Serialize(tensors, map[string]string{headerKey: header, checksumKey: checksum(header, tensors)})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// other is a tensor of another type.
type other struct {
	view
	dtype safetensors.DType
}

func (o other) DType() safetensors.DType { return o.dtype }

func TestUnfitCheckpoint(t *testing.T) {
	data, e := minute(t)
	solver := map[string][]float32{"solver/first/x": {5, 6}}
	before := contents(e.Parameters, solver)
	for _, test := range []struct {
		name, want string
		change     func(header *string, tensors map[string]safetensors.View)
	}{
		{"missing weights", "another architecture: encoder/1/weights", func(_ *string, tensors map[string]safetensors.View) {
			delete(tensors, "encoder/1/weights")
		}},
		{"transposed weights", "another architecture: encoder/1/weights", func(_ *string, tensors map[string]safetensors.View) {
			tensors["encoder/1/weights"] = newView(make([]float32, 36), []int{1, 36}, new([]byte))
		}},
		{"wider bias", "another architecture: decoder/1/bias should have the shape [36], but has [37]", func(_ *string, tensors map[string]safetensors.View) {
			tensors["decoder/1/bias"] = newView(make([]float32, 37), []int{37}, new([]byte))
		}},
		{"integers", "decoder/1/bias", func(_ *string, tensors map[string]safetensors.View) {
			tensors["decoder/1/bias"] = other{newView(make([]float32, 36), []int{36}, new([]byte)), safetensors.I32}
		}},
		{"float16", "decoder/1/bias", func(_ *string, tensors map[string]safetensors.View) {
			tensors["decoder/1/bias"] = other{newView(make([]float32, 18), []int{36}, new([]byte)), safetensors.F16}
		}},
		{"missing solver state", "solver/first/x is missing", func(_ *string, tensors map[string]safetensors.View) {
			delete(tensors, "solver/first/x")
		}},
		{"shorter solver state", "solver/first/x", func(_ *string, tensors map[string]safetensors.View) {
			tensors["solver/first/x"] = newView([]float32{1}, []int{1}, new([]byte))
		}},
		{"NaN", "NaN or Inf in tensor decoder/1/bias", func(_ *string, tensors map[string]safetensors.View) {
			tensors["decoder/1/bias"] = newView(append(make([]float32, 35), float32(math.NaN())), []int{36}, new([]byte))
		}},
		{"unknown key", "stags", func(header *string, _ map[string]safetensors.View) {
			*header = strings.Replace(*header, "stage", "stags", 1)
		}},
		{"no header", "header", func(header *string, _ map[string]safetensors.View) { *header = "" }},
		{"header of another type", "header", func(header *string, _ map[string]safetensors.View) { *header = `{"position":[1]}` }},
		{"before the beginning", "impossible position", func(header *string, _ map[string]safetensors.View) {
			*header = `{"run":"X","stage":"train","position":{"stage":-1},"metrics":{}}`
		}},
		{"best epoch to come", "the best epoch is 9, but only 1 is finished", func(header *string, _ map[string]safetensors.View) {
			*header = `{"run":"X","stage":"train","position":{"epoch":1,"best_epoch":9},"metrics":{}}`
		}},
		{"negative images", "of -5 images", func(header *string, _ map[string]safetensors.View) {
			*header = `{"run":"X","stage":"train","position":{"train":{"images":-5}},"metrics":{}}`
		}},
		{"no position", "header: the key position is missing", func(header *string, _ map[string]safetensors.View) {
			*header = `{"run":"X","stage":"train","metrics":{}}`
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "last.safetensors")
			write(t, rewrite(t, data, test.change), path)
			c, err := LoadCheckpoint(path)
			if err == nil {
				err = c.Restore(e.Parameters, solver)
			}
			fails(t, err, ErrCheckpoint, test.want, path)
			sameContents(t, contents(e.Parameters, solver), before)
		})
	}
}

// TestForeignFile reads a file of another program.
func TestForeignFile(t *testing.T) {
	data, err := safetensors.Serialize(map[string]view{"w": newView([]float32{1}, []int{1}, new([]byte))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "foreign.safetensors")
	write(t, data, path)
	_, err = LoadCheckpoint(path)
	fails(t, err, ErrCheckpoint, path, "not a checkpoint of gaetrain")
}

func FuzzParseCheckpoint(f *testing.F) {
	data, e := minute(f)
	f.Add(data)
	f.Add(data[:50])
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCheckpoint(data)
		if err != nil {
			if c != nil {
				t.Error("both a checkpoint and an error are returned")
			}
			return
		}
		before := contents(e.Parameters, nil)
		if c.Restore(e.Parameters, nil) != nil {
			sameContents(t, contents(e.Parameters, nil), before)
		}
	})
}

func TestUnwritableFolder(t *testing.T) {
	e := experiment(t, small())
	err := SaveCheckpoint(filepath.Join(t.TempDir(), "no", "such", "folder"), Header{}, e.Parameters, nil)
	fails(t, err, ErrCheckpoint, "there is no checkpoint yet; hint: free disk space")
}
