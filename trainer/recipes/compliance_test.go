package recipes_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// TestCompleteness asks for everything that 'gaetrain models' and the report
// say about a model.
func TestCompleteness(t *testing.T) {
	for _, r := range recipes.List() {
		if r.Name == "" || r.Summary == "" || r.Idea == "" || r.Citation == "" {
			t.Errorf("recipe %+v lacks a name, a summary, an idea or a citation", r)
		}
		found, err := recipes.Find(r.Name)
		if err != nil || found.Name != r.Name {
			t.Errorf("Find(%q) = %q, %v", r.Name, found.Name, err)
		}
		c := r.Configure()
		if c.Model != r.Name {
			t.Errorf("the configuration of %s is that of %s", r.Name, c.Model)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
}

// TestGradients compares the gradients of every stage's training program with
// central differences of the losses per image that the same program gives,
// added up as float64.
func TestGradients(t *testing.T) {
	for _, activation := range []kernel.Activation{kernel.Tanh, kernel.ReLU} {
		for _, loss := range []graph.Reconstruction{graph.CrossEntropy, graph.SquaredError, graph.GaussianLikelihood} {
			t.Run(activation.String()+"/"+string(loss), func(t *testing.T) {
				eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
					c, data := small(r)
					c.Loss = loss
					if c.Activation != kernel.Linear { // model linear has no other
						c.Activation = activation
					}
					if loss == graph.CrossEntropy {
						c.OutputActivation = kernel.Sigmoid
					}
					e, err := experiment(c, data, r)
					if errors.Is(err, trainer.ErrConfiguration) {
						t.Skip(err) // of what makes no sense with this model
					}
					if err != nil {
						t.Fatal(err)
					}
					for _, stage := range e.Stages {
						if stage.Objective.Bound == graph.DoublyReparametrised {
							t.Skip("its gradient is that of the loss on average alone")
						}
						compareGradients(t, stage, e.Parameters, data.Train)
						if stage.Architecture.Discriminator != nil {
							compareDiscriminator(t, stage, e.Parameters, data.Train)
						}
					}
				})
			})
		}
	}
}

func compareGradients(t *testing.T, stage trainer.Stage, p *graph.Parameters, split loaders.Split) {
	const rows = 5
	b := batch(t, stage, p, split, rows)
	program := compile(t, stage, p, graph.Training, rows)
	// Biases start at zero, where gradients may be special.
	for _, parameter := range p.All() {
		for i := range parameter.Values() {
			parameter.Values()[i] += 0.05 * float32(math.Sin(float64(7*i+len(parameter.Name))))
		}
	}
	compareProgram(t, stage, program, b)
}

// compareDiscriminator compares the gradients of the program that moves a
// stage's discriminator, when the singular vectors of its weights have settled.
func compareDiscriminator(t *testing.T, stage trainer.Stage, p *graph.Parameters, split loaders.Split) {
	const rows = 4
	b := batch(t, stage, p, split, rows)
	model := compile(t, stage, p, graph.Evaluation, rows)
	run(t, model, b)
	real, made := b.Target, model.Reconstructions()
	if stage.Architecture.Code != graph.Prior {
		real, made = b.Noise, model.Codes()
	}
	both := graph.Batch{Rows: 2 * rows, Input: slices.Concat(real[:len(made)], made), Labels: slices.Concat(b.Labels, b.Labels)}
	program := compile(t, stage, p, graph.Discriminating, 2*rows)
	for _, g := range program.Gradients() {
		if len(g.Parameter.Values()) == 1 { // the logit's bias: beyond a hinge, within which it gains nothing
			g.Parameter.Values()[0]++
		}
	}
	for range 300 {
		run(t, program, both)
		program.Advance()
	}
	compareProgram(t, stage, program, both)
}

// compareProgram compares the gradients of one program on a batch.
func compareProgram(t *testing.T, stage trainer.Stage, program *graph.Program, b graph.Batch) {
	const samples = 6
	rows := float64(b.Rows)
	loss := func() (mean float64) {
		run(t, program, b)
		for _, term := range program.Terms {
			for _, image := range term.PerImage() {
				mean += weight(term) * float64(image) / rows
			}
		}
		return mean
	}
	here := loss()
	var gradients [][]float32
	for _, g := range program.Gradients() {
		gradients = append(gradients, slices.Clone(g.Values()))
	}
	if len(gradients) == 0 {
		t.Fatalf("stage %s moves nothing", stage.Name)
	}
	for at, g := range program.Gradients() {
		values := g.Parameter.Values()
		var norm float64
		for _, v := range gradients[at] {
			norm = max(norm, math.Abs(float64(v)))
		}
		if norm == 0 {
			t.Errorf("stage %s: the gradient of %s is zero", stage.Name, g.Name)
		}
		for sample := range min(samples, len(values)) {
			i := sample * (len(values) - 1) / samples
			got, want, ok := float64(gradients[at][i]), 0.0, false
			// A kink between two points spoils a large step, rounding a small one.
			for _, step := range []float32{1e-2, 3e-3, 1e-3} {
				old := values[i]
				values[i] = old + step
				above, right := loss(), float64(values[i])
				values[i] = old - step
				below, left := loss(), float64(values[i])
				values[i] = old
				want = (above - below) / (right - left)
				for _, slope := range []float64{want, (above - here) / (right - float64(old)), (here - below) / (float64(old) - left)} {
					ok = ok || math.Abs(got-slope) <= 3e-3*math.Abs(slope)+3e-3
				}
			}
			if !ok {
				t.Errorf("stage %s: gradient of %s[%d] is %g, differences say %g", stage.Name, g.Name, i, got, want)
			}
		}
	}
}

// weight is that of a term in the loss that is minimised.
func weight(term graph.Term) float64 {
	if term.Weight == nil { // it follows from the others
		return 1
	}
	return float64(term.Weight.Value)
}

// TestWeights asks of every term of every stage's loss that its weight changes
// the gradient.
func TestWeights(t *testing.T) {
	eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
		c, data := small(r)
		e, err := experiment(c, data, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range e.Stages {
			program, b := compile(t, stage, e.Parameters, graph.Training, 5), batch(t, stage, e.Parameters, data.Train, 5)
			gradient := func() (all []float32) {
				run(t, program, b)
				for _, g := range program.Gradients() {
					all = append(all, g.Values()...)
				}
				return all
			}
			before := gradient()
			for _, term := range program.Terms[1:] {
				if term.Weight == nil {
					continue
				}
				old := term.Weight.Value
				term.Weight.Value = 2*old + 1
				if slices.Equal(gradient(), before) {
					t.Errorf("stage %s: the weight of %s changes nothing", stage.Name, term.Name)
				}
				term.Weight.Value = old
			}
		}
	})
}

func TestLossFalls(t *testing.T) {
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
		c := r.Configure()
		c.Code, c.BatchSize, c.Epochs, c.Pictures, c.Patience = 16, 50, 3, 0, 0
		if len(c.Hidden) > 0 {
			c.Hidden = []int{32}
		}
		data := *whole
		data.Train, data.Test = whole.Train.Limit(1000).Pairs(c.Motion, c.Seed), whole.Test.Limit(200).Pairs(c.Motion, c.Seed)
		if c.Beta1 == 0.5 { // a contest, which is played in small steps
			c.LearningRate, c.Epochs = 2*c.LearningRate, 6
		}
		e, err := experiment(c, &data, r)
		if err != nil {
			t.Fatal(err)
		}
		untrained, err := e.Model().Evaluate(context.Background(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		_, dir := trained(t, c, &data, r)
		records, err := trainer.ReadRecords(dir)
		if err != nil {
			t.Fatal(err)
		}
		losses := []float64{untrained.Criterion()}
		for _, record := range records {
			if record.Split == "test" && record.Stage == e.Final().Name {
				losses = append(losses, record.Criterion())
			}
		}
		if len(losses) != c.Epochs+1 {
			t.Fatalf("test losses of %d epochs, want %d", len(losses)-1, c.Epochs)
		}
		falls := slices.IsSortedFunc(losses, func(a, b float64) int { return int(b - a) })
		if e.Final().Architecture.Discriminator != nil { // against which a model does not gain in every epoch
			falls = true
		}
		if !falls || losses[c.Epochs] > 0.9*losses[0] {
			t.Errorf("test losses %v do not fall", losses)
		}
	})
}

func TestSameSeedSameBytes(t *testing.T) {
	eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
		c, data := small(r)
		setThreads(t, 1)
		_, first := trained(t, c, data, r)
		setThreads(t, 2)
		_, second := trained(t, c, data, r)
		sameOutcome(t, second, first)
		c.Seed++
		_, other := trained(t, c, data, r)
		a, b := outcome(t, first), outcome(t, other)
		for name := range a {
			if a[name] == b[name] {
				t.Errorf("%s does not depend on the seed", name)
			}
		}
	})
}

func TestSaveLoad(t *testing.T) {
	eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
		c, data := small(r)
		e, dir := trained(t, c, data, r)
		model, err := trainer.OpenModel(dir, trainer.LastCheckpoint)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range e.Parameters.All() {
			loaded, ok := model.Parameters.Get(p.Name)
			if !ok || !slices.Equal(loaded.Values(), p.Values()) {
				t.Errorf("%s is not what was saved", p.Name)
			}
		}
		figures, err := model.Evaluate(context.Background(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		records, err := trainer.ReadRecords(dir)
		if err != nil {
			t.Fatal(err)
		}
		if last := records[len(records)-1]; last.Split != "test" || last.Loss != figures.Loss || last.MSE != figures.MSE || last.Criterion() != figures.Criterion() {
			t.Errorf("the loaded model gives %+v, the run recorded %+v", figures, last)
		}
	})
}

// TestParts compares the encoder's program, but for the threshold that it leaves
// out, and the decoder's, where codes alone can be decoded, with the evaluation program, and that with itself on
// batches of other sizes.
func TestParts(t *testing.T) {
	const rows = 7
	eachRecipe(t, func(t *testing.T, r recipes.Recipe) {
		c, data := small(r)
		e, err := experiment(c, data, r)
		if err != nil {
			t.Fatal(err)
		}
		stage := e.Final()
		generator := stage.Architecture.Code == graph.Prior
		images := batch(t, stage, e.Parameters, data.Test, rows)
		if !generator {
			clear(images.Noise) // the encoder gives the means
		}
		whole := compile(t, stage, e.Parameters, graph.Evaluation, rows)
		run(t, whole, images)

		if !generator {
			compareEncoder(t, stage, e.Parameters, images, whole)
		} else if !slices.Equal(whole.Codes(), images.Noise[:len(whole.Codes())]) {
			t.Error("the codes of a generator are not the draws from the prior")
		}
		if needsImages(stage.Architecture) {
			if _, err := stage.Compile(e.Parameters, graph.Decoding, rows); !errors.Is(err, graph.ErrArchitecture) {
				t.Errorf("codes are decoded without their images: %v", err)
			}
		} else {
			decoder := compile(t, stage, e.Parameters, graph.Decoding, rows)
			run(t, decoder, graph.Batch{Rows: rows, Input: whole.Codes(), Labels: images.Labels})
			if !slices.Equal(decoder.Reconstructions(), whole.Reconstructions()) {
				t.Error("the decoder gives other reconstructions than the whole")
			}
		}

		code, size := stage.Architecture.CodeSize(), data.Test.Shape.Size()
		for _, size2 := range []int{1, 3, 64} {
			other := compile(t, stage, e.Parameters, graph.Evaluation, size2)
			for first := 0; first < rows; first += size2 {
				live := min(size2, rows-first)
				part := graph.Batch{Rows: live, Input: images.Input[first*size:], Target: images.Target[first*size:], Labels: images.Labels[first:]}
				if images.Noise != nil {
					part.Noise = images.Noise[first*stage.Noise():]
				}
				if images.Hit != nil {
					part.Hit = images.Hit[first*size:]
				}
				run(t, other, part)
				if !slices.Equal(other.Codes(), whole.Codes()[first*code:(first+live)*code]) {
					t.Errorf("codes change with a batch of %d", size2)
				}
				for i, term := range other.Terms {
					if !slices.Equal(term.PerImage(), whole.Terms[i].PerImage()[first:first+live]) {
						t.Errorf("%s changes with a batch of %d", term.Name, size2)
					}
				}
			}
		}
	})
}

// needsImages reports whether codes alone cannot be decoded.
func needsImages(a graph.Architecture) bool {
	return slices.Contains([]graph.Code{graph.Product, graph.Exchange, graph.Energy}, a.Code) ||
		slices.ContainsFunc(a.Decoder, func(l graph.Layer) bool { return l.Unpool != (graph.Unpool{}) })
}

// compareEncoder compares the encoder's program with the evaluation program,
// which has run on the images.
func compareEncoder(t *testing.T, stage trainer.Stage, p *graph.Parameters, images graph.Batch, whole *graph.Program) {
	encoder := compile(t, stage, p, graph.Encoding, images.Rows)
	run(t, encoder, graph.Batch{Rows: images.Rows, Input: images.Input, Labels: images.Labels})
	if !slices.Equal(thresholded(stage.Architecture, encoder.Codes()), whole.Codes()) {
		t.Error("the encoder gives other codes than the whole")
	}
	if stage.Architecture.Encoder[len(stage.Architecture.Encoder)-1].Threshold > 0 && slices.Equal(encoder.Codes(), whole.Codes()) {
		t.Error("the threshold changes no code")
	}
}

// thresholded returns codes with 0 in place of what does not exceed the threshold.
func thresholded(a graph.Architecture, codes []float32) []float32 {
	last := a.Encoder[len(a.Encoder)-1]
	codes = slices.Clone(codes)
	for i, v := range codes {
		above := map[bool]float64{true: float64(v) * float64(v), false: float64(v)}[last.Activation == kernel.Linear]
		if last.Threshold > 0 && above <= last.Threshold {
			codes[i] = 0
		}
	}
	return codes
}
