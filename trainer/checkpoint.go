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
)

// Keys of the metadata of a checkpoint file.
const (
	headerKey   = "gaetrain"
	checksumKey = "gaetrain-crc32c" // of the header, then of each tensor in the order of their names, as checksum says
)

// SaveCheckpoint writes parameters and solver state (nil for none) to a file. The
// file that was there stays until the new one is whole and on disk. Errors wrap
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
			kept = "the checkpoint before it is kept"
		}
		return fmt.Errorf("%w: save: %w; hint: %s; free space or choose another --run", ErrCheckpoint, err, kept)
	}
	return nil
}

// Checkpoint is a checkpoint that was read.
type Checkpoint struct {
	Header
	path    string
	tensors map[string]storedTensor
}

// checksum sums up all that a checkpoint says: a flipped bit in the position
// would go unnoticed otherwise.
func checksum[V safetensors.View](header string, tensors map[string]V) string {
	sum := crc32.New(castagnoli)
	io.WriteString(sum, header)
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		fmt.Fprintf(sum, "\n%s %v\n", name, tensors[name].Shape())
		sum.Write(tensors[name].Data())
	}
	return fmt.Sprintf("%08x", sum.Sum32())
}

// LoadCheckpoint reads a checkpoint file. Errors wrap ErrCheckpoint; where
// there is no file they also wrap fs.ErrNotExist.
func LoadCheckpoint(path string) (*Checkpoint, error) {
	err := requireRegular(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parseCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w; hint: the file is truncated or not a checkpoint of gaetrain", ErrCheckpoint, path, err)
	}
	c.path = path
	return c, nil
}

func parseCheckpoint(data []byte) (c *Checkpoint, err error) {
	defer func() {
		if r := recover(); r != nil { // the reader's checks of a hostile header
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
		return nil, fmt.Errorf("checksum is %s, want %q", got, want)
	}
	if err := c.checkFinite(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkFinite reports a parameter that no checkpoint of this program holds: training
// stops before a weight that is not finite is saved. The state of a solver can
// overflow while the weights are still good.
func (c *Checkpoint) checkFinite() error {
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		if !strings.HasPrefix(name, solverPrefix) && !kernel.Finite(c.tensors[name].values) {
			return fmt.Errorf("NaN or Inf in tensor %s", name)
		}
	}
	return nil
}

// Restore copies the checkpoint's weights into parameters, and its solver
// state into solver (nil to leave it). Nothing changes where it does not fit.
func (c *Checkpoint) Restore(p *graph.Parameters, solver map[string][]float32) error {
	for _, parameter := range p.All() {
		if stored, ok := c.tensors[parameter.Name]; !ok || !slices.Equal(stored.shape, parameter.Shape) {
			return fmt.Errorf("%w: %s is of another architecture: %s should be %v, is %v", ErrCheckpoint, c.path, parameter.Name, parameter.Shape, stored.shape)
		}
	}
	for name, values := range solver {
		if stored, ok := c.tensors[name]; !ok || len(stored.values) != len(values) {
			return fmt.Errorf("%w: %s has no state of this solver: %s is missing or of another size", ErrCheckpoint, c.path, name)
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
