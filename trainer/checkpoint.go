package trainer

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// Keys of the metadata of a checkpoint file.
const (
	headerKey   = "gaetrain"
	checksumKey = "gaetrain-crc32c" // of the header, then of each tensor in the order of their names, see checksum
)

// SaveCheckpoint writes parameters and solver state (nil for none) to a file. An
// existing file is replaced only when the new one is complete and on disk. Errors wrap
// ErrCheckpoint.
func SaveCheckpoint(path string, of Header, p *graph.Parameters, solver map[string][]float32) error {
	views, bytes := make(map[string]view), new([]byte)
	for _, parameter := range p.All() {
		views[parameter.Name] = newView(parameter.Values(), parameter.Shape, bytes)
	}
	for name, values := range solver {
		views[name] = newView(values, []int{len(values)}, bytes)
	}
	header, err := json.Marshal(of)
	if err != nil {
		return fmt.Errorf("%w: save %s: %w", ErrCheckpoint, path, err)
	}
	err = files.Write(path, func(w io.Writer) error {
		metadata := map[string]string{headerKey: string(header), checksumKey: checksum(string(header), views)}
		return safetensors.SerializeToWriter(views, metadata, w)
	})
	if err != nil {
		kept := "there is no checkpoint yet"
		if _, missing := os.Stat(path); missing == nil {
			kept = "the previous checkpoint is kept"
		}
		return fmt.Errorf("%w: save: %w; %s; hint: free disk space, or choose another --run", ErrCheckpoint, err, kept)
	}
	return nil
}

// Checkpoint is the content of a checkpoint file.
type Checkpoint struct {
	Header
	path    string
	tensors map[string]storedTensor
}

// checksum covers the header as well as the tensors, because a flipped bit in the
// position would otherwise remain undetected.
func checksum[V safetensors.View](header string, tensors map[string]V) string {
	sum := crc32.New(castagnoli)
	io.WriteString(sum, header)
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		fmt.Fprintf(sum, "\n%s %v\n", name, tensors[name].Shape())
		sum.Write(tensors[name].Data())
	}
	return fmt.Sprintf("%08x", sum.Sum32())
}

// LoadCheckpoint reads a checkpoint file. Errors wrap ErrCheckpoint. If the file does
// not exist, they also wrap fs.ErrNotExist.
func LoadCheckpoint(path string) (*Checkpoint, error) {
	data, err := files.ReadRegular(path, memory.Limit()/2) // its tensors are copied
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parseCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w; hint: the file is truncated, or it is not a checkpoint of gaetrain", ErrCheckpoint, path, err)
	}
	c.path = path
	return c, nil
}

func parseCheckpoint(data []byte) (c *Checkpoint, err error) {
	defer func() {
		if r := recover(); r != nil { // the reader panics on some malformed headers
			c, err = nil, fmt.Errorf("malformed header: %v", r)
		}
	}()
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, err
	}
	_, metadata, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, err
	}
	c = &Checkpoint{tensors: make(map[string]storedTensor)}
	header := metadata.Metadata()[headerKey]
	if c.Header, err = parseHeader(header); err != nil {
		return nil, err
	}
	views := make(map[string]safetensors.TensorView)
	for _, t := range file.Tensors() {
		views[t.Name] = t.TensorView
		stored, err := decode(t.TensorView)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		c.tensors[t.Name] = stored
	}
	if got, want := checksum(header, views), metadata.Metadata()[checksumKey]; got != want {
		return nil, fmt.Errorf("its checksum is %s, but %q is recorded", got, want)
	}
	if err := c.checkFinite(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkFinite returns an error about a parameter that is not finite. This program
// stops training before it saves such a parameter. The state of a solver is not
// checked, because it can overflow while the weights are still finite.
func (c *Checkpoint) checkFinite() error {
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		if !strings.HasPrefix(name, solverPrefix) && !kernel.Finite(c.tensors[name].values) {
			return fmt.Errorf("NaN or Inf in tensor %s", name)
		}
	}
	return nil
}

// restoreHint ends the errors about a checkpoint that does not belong to its run.
const restoreHint = "; hint: restore the run's own checkpoint"

// Restore copies the checkpoint's weights into parameters, and its solver state into
// solver (nil to skip it). If a name or shape differs, nothing is copied. Errors wrap
// ErrCheckpoint.
func (c *Checkpoint) Restore(p *graph.Parameters, solver map[string][]float32) error {
	for _, parameter := range p.All() {
		if stored, ok := c.tensors[parameter.Name]; !ok || !slices.Equal(stored.shape, parameter.Shape) {
			return fmt.Errorf("%w: %s is of another architecture: %s should have the shape %v, but has %v"+restoreHint, ErrCheckpoint, c.path, parameter.Name, parameter.Shape, stored.shape)
		}
	}
	for name, values := range solver {
		if stored, ok := c.tensors[name]; !ok || len(stored.values) != len(values) {
			return fmt.Errorf("%w: %s has no state of this solver: %s is missing or has another size"+restoreHint, ErrCheckpoint, c.path, name)
		}
	}
	for _, parameter := range p.All() {
		copy(parameter.Values(), c.tensors[parameter.Name].values)
	}
	for name, values := range solver {
		copy(values, c.tensors[name].values)
	}
	return nil
}
