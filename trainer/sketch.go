package trainer

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/trainer/settings"
)

// Sketch is a model that is placed for a source of data. Its parameters have names and
// shapes but no values, so it can be described but not trained, and takes no memory.
type Sketch struct {
	Name       string // of the model
	Source     Source
	Stages     []Stage
	Parameters *graph.Parameters
}

// NewSketch checks the configuration and the settings of the model, and declares its
// stages without any data. Errors wrap ErrConfiguration, graph.ErrArchitecture or
// loaders.ErrData.
func NewSketch(c Config, name string, m Model, source Source) (*Sketch, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := settings.Validate(m); err != nil {
		return nil, err
	}
	if err := needsLabels(name, m, source, c.Dataset); err != nil {
		return nil, err
	}
	err := m.Place(source)
	var stages []Stage
	if err == nil {
		stages, err = m.Stages(c)
	}
	s := &Sketch{Name: name, Source: source, Stages: stages}
	if err == nil {
		err = s.declare(c.Seed)
	}
	return s, ofModel(name, err)
}

// SketchRun returns the sketch of the model of a run folder. It reads run.json only.
// Errors wrap ErrRun.
func SketchRun(find Find, dir string) (*Sketch, error) {
	info, err := ReadRunInfo(dir)
	if err != nil {
		return nil, err
	}
	t, stages, err := placed(find, info)
	if err == nil {
		s := &Sketch{Name: t.Name, Source: t.Source, Stages: stages}
		if err = s.declare(t.Config.Seed); err == nil {
			return s, nil
		}
	}
	r := Run{Dir: dir}
	return nil, fmt.Errorf("%w: %s: %w", ErrRun, r.Path(runFile), err)
}

// declare adds the parameters of all stages, first those of the model.
func (s *Sketch) declare(seed uint64) error {
	s.Parameters = graph.Sketch()
	for i := range slices.Backward(s.Stages) {
		if err := s.Stages[i].declare(s.Parameters, seed, 2); err != nil {
			return err
		}
	}
	return nil
}

// Stage finds a stage by its name; "" is the last stage, which trains the whole model.
// Errors wrap ErrConfiguration.
func (s *Sketch) Stage(name string) (Stage, error) {
	if name == "" {
		return s.Stages[len(s.Stages)-1], nil
	}
	stage, err := stageNamed(s.Stages, name)
	if err != nil {
		var names []string
		for _, known := range s.Stages {
			names = append(names, known.Name)
		}
		return stage, fmt.Errorf("%w: model %s has no stage %q; hint: %s", ErrConfiguration, s.Name, name, strings.Join(names, ", "))
	}
	return stage, nil
}

// Describe lists the nodes of the graph that a stage trains. Each node comes after its
// inputs. If the stage has an opponent, the list includes the opponent's nodes.
func (s *Sketch) Describe(stage Stage, gradients bool) ([]graph.Node, error) {
	batch := 17 // the least that has the layout of large batches
	for _, p := range s.Parameters.All() {
		batch = max(batch, slices.Max(p.Shape)+1) // so that no other side is that of a batch
	}
	return stage.describe(s.Parameters, batch, gradients)
}
