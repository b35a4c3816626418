package trainer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/loaders/memory"
)

// Memory is the memory that training needs, computed from shapes alone.
type Memory struct {
	Parameters int // trainable numbers
	Parts      []MemoryPart
}

// MemoryPart is a part of that memory.
type MemoryPart struct {
	Name  string
	Bytes int64
}

// runtimeBytes is the memory of the program without data and a model.
const runtimeBytes = 48 << 20

// Total is the memory of all parts, in bytes.
func (m Memory) Total() int64 {
	var n int64
	for _, part := range m.Parts {
		n += part.Bytes
	}
	return n
}

// Notable reports whether the memory is worth a line before training: more than
// 1 GiB, or a quarter of what the process may use.
func (m Memory) Notable() bool { return m.Total() > min(1<<30, memory.Limit()/4) }

// String returns, for example, "12.4 GiB (parameters and optimiser 9 GiB, training
// step 3.2 GiB)".
func (m Memory) String() string {
	parts := slices.Clone(m.Parts)
	slices.SortStableFunc(parts, func(a, b MemoryPart) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var words []string
	for _, part := range parts {
		if part.Bytes >= m.Total()/20 || len(words) == 0 {
			words = append(words, part.Name+" "+memory.Format(part.Bytes))
		}
	}
	return fmt.Sprintf("%s (%s)", memory.Format(m.Total()), strings.Join(words, ", "))
}

// checkMemory returns an error if training needs more memory than there is. The hint names
// a batch size or a size of images that fits.
func (e *Experiment) checkMemory() error {
	limit := memory.Limit()
	if e.Memory.Total() <= limit {
		return nil
	}
	return fmt.Errorf("%w: %d parameters; training with batch-size %d would take %s of memory, but this process can use %s; hint: %s",
		ErrConfiguration, e.Memory.Parameters, e.Config.BatchSize, e.Memory, memory.Format(limit), e.smaller(limit))
}

// smaller describes how to make training fit into memory.
func (e *Experiment) smaller(limit int64) string {
	for batch := 1 << (bitsOf(e.Config.BatchSize) - 1); batch >= 1; batch /= 2 {
		if m, err := e.memory(batch); batch < e.Config.BatchSize && err == nil && m.Total() <= limit {
			return fmt.Sprintf("--batch-size %d takes %s", batch, memory.Format(m.Total()))
		}
	}
	if hint := e.smallerImages(limit); hint != "" {
		return hint
	}
	return "choose fewer units or channels, or smaller images, because no batch size is small enough"
}

func bitsOf(n int) int { return int(math.Log2(float64(n))) + 1 }

// memory computes the memory of training with batches of the given size.
func (e *Experiment) memory(batch int) (Memory, error) {
	sketch := graph.Sketch()
	stages := slices.Clone(e.Stages)
	for i := range slices.Backward(stages) {
		if err := stages[i].declare(sketch, e.Config.Seed, batch); err != nil {
			return Memory{}, err
		}
	}
	var most []MemoryPart // of the stage that needs most
	for _, s := range stages {
		parts, err := e.stageMemory(s, sketch, batch)
		if err != nil {
			return Memory{}, err
		}
		if m := (Memory{Parts: parts}); m.Total() > (Memory{Parts: most}).Total() {
			most = parts
		}
	}
	return Memory{sketch.Count(), slices.Concat([]MemoryPart{
		{"data", loaders.StoredBytes(e.Data.Train, e.Data.Test)},
		{"parameters", sketch.Bytes()},
		{"checkpoint", largest(sketch)}, // a checkpoint is written tensor by tensor
		{"program", runtimeBytes},
	}, most)}, nil
}

// largest is the memory of the largest parameter.
func largest(p *graph.Parameters) (bytes int64) {
	for _, parameter := range p.All() {
		bytes = max(bytes, 4*int64(parameter.Size()))
	}
	return bytes
}

// stageMemory is the memory of a stage besides the data and the parameters.
func (e *Experiment) stageMemory(s Stage, sketch *graph.Parameters, batch int) ([]MemoryPart, error) {
	image, train, evaluated := e.stageInputs(s)
	training, err := s.training(sketch, batch)
	if err != nil {
		return nil, err
	}
	opponent, err := newOpponent(s, sketch, true, batch)
	if err != nil {
		return nil, err
	}
	evaluation, err := evaluationBytes(s, sketch, image, len(evaluated), e.Config.Seed)
	if err != nil {
		return nil, err
	}
	parts := []MemoryPart{
		{"training step", training.Bytes() + opponent.bytes(training, s.filled(batch))},
		{"batches", s.streamOptions(training, e.Config.Seed, batch, true).Bytes(image)},
		{"optimiser", solverBytes(e.Config, slices.Concat(training.Gradients(), opponent.gradients()))},
		{"evaluation", evaluation},
	}
	if s.rounds != kernel.Float32 {
		parts = append(parts, MemoryPart{"rounded operands", largest(sketch)}) // of one product at a time
	}
	if s.Below != nil {
		codes := int64(train.Len())
		for _, split := range evaluated {
			codes += int64(split.Len())
		}
		parts = append(parts, MemoryPart{"codes", 4 * codes * int64(image.Size())})
	}
	return parts, nil
}

// stageInputs returns the shape of a stage's inputs, and the splits of images from
// which the inputs are computed.
func (e *Experiment) stageInputs(s Stage) (shape loaders.Shape, train loaders.Split, evaluated []namedSplit) {
	train, evaluated = e.splits()
	if shape = train.Shape; s.Below != nil {
		shape = loaders.Shape(graph.Row(s.Below.CodeShape().Size()))
	}
	return shape, train, evaluated
}

// evaluationBytes is the memory of an evaluator with the given number of splits.
func evaluationBytes(s Stage, sketch *graph.Parameters, image loaders.Shape, splits int, seed uint64) (int64, error) {
	program, err := s.evaluation(sketch)
	if err != nil {
		return 0, err
	}
	opponent, err := newOpponent(s, sketch, false, evaluationBatch)
	if err != nil {
		return 0, err
	}
	sampling, err := newSampling(s, sketch)
	if err != nil {
		return 0, err
	}
	streams := int64(min(splits, 1)) // one split is evaluated at a time
	bytes := program.Bytes() + opponent.bytes(program, evaluationBatch) + streams*s.streamOptions(program, seed, evaluationBatch, false).Bytes(image)
	if sampling != nil {
		bytes += sampling.decoder.Bytes() + 4*directionCount*int64(image.Size())
	}
	return bytes, nil
}

// bytes is the memory of an opponent of a program for batches of the given number of
// pairs.
func (o *opponent) bytes(model *graph.Program, batch int) int64 {
	if o == nil {
		return 0
	}
	const copies = 2 // of the samples, because a short last batch is padded
	return o.Bytes() + copies*2*4*int64(batch)*int64(model.Shape(o.of.Made).Size())
}

// solverBytes is the memory of a solver of a configuration for some gradients.
func solverBytes(c Config, gradients []graph.Gradient) (bytes int64) {
	for _, g := range gradients {
		copies := len(ruleOf(c).moments)
		if c.ClipNorm > 0 && g.Deferred() {
			copies++
		}
		bytes += 4 * int64(copies) * int64(g.Size())
	}
	return bytes
}

// fits returns an error if a checkpoint does not hold the weights of the model, or if
// the model does not fit into memory. It allocates no tensors.
func (t *Trained) fits(c *Checkpoint) error {
	sketch := graph.Sketch()
	if err := t.Stage.declare(sketch, t.Config.Seed, 2); err != nil {
		return err
	}
	if err := c.Restore(sketch, nil); err != nil {
		return err
	}
	evaluation, err := t.Stage.evaluation(sketch)
	if err != nil {
		return err
	}
	m := Memory{sketch.Count(), []MemoryPart{{"parameters", 2 * sketch.Bytes()}, {"programs", evaluation.Bytes()}, {"program", runtimeBytes}}}
	return m.check(fmt.Sprintf("%d parameters need", m.Parameters), "use a machine with more memory")
}

// Fits returns an error if the given number of rows of values, such as codes, does not
// fit into memory as numbers of 4 bytes. Callers check this before they allocate the
// rows. The hint is a proposal, such as "choose fewer images". Errors wrap
// ErrConfiguration.
func Fits(what string, count, values int, hint string) error {
	m := Memory{Parts: []MemoryPart{{what, int64(min(4*float64(count)*float64(values), math.MaxInt64/2))}}}
	return m.check(fmt.Sprintf("%d %s of %d values need", count, what, values), hint)
}

func (m Memory) check(what, hint string) error {
	if limit := memory.Limit(); m.Total() > limit {
		return fmt.Errorf("%w: %s %s of memory, but this process can use %s; hint: %s", ErrConfiguration, what, memory.Format(m.Total()), memory.Format(limit), hint)
	}
	return nil
}
