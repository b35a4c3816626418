package trainer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// Checkpoints that OpenModel reads.
const (
	LastCheckpoint = "last" // after the last finished epoch
	BestCheckpoint = "best" // after the epoch with the lowest loss on the validation set
)

// OpenSelected reads the model of a run folder with the weights of the best epoch on the
// validation set. If the run has no validation set, it reads the weights after the last
// epoch.
func OpenSelected(find Find, dir string) (*Trained, error) {
	info, err := ReadRunInfo(dir)
	switch {
	case err != nil:
		return nil, err
	case info.selects():
		return OpenModel(find, dir, BestCheckpoint)
	default:
		return OpenModel(find, dir, LastCheckpoint)
	}
}

// OpenModel reads the model of a run folder from one of its checkpoints, last
// or best. Errors wrap ErrRun, ErrCheckpoint or ErrConfiguration.
func OpenModel(find Find, dir, checkpoint string) (*Trained, error) {
	info, err := ReadRunInfo(dir)
	if err != nil {
		return nil, err
	}
	if checkpoint == BestCheckpoint && !info.selects() {
		return nil, fmt.Errorf("%w: %s has no validation set, so no epoch was selected as the best; hint: --checkpoint last", ErrConfiguration, dir)
	}
	r := Run{Dir: dir}
	files := map[string]string{LastCheckpoint: lastCheckpoint, BestCheckpoint: bestCheckpoint}
	file, ok := files[checkpoint]
	if !ok {
		return nil, fmt.Errorf("%w: unknown checkpoint %q; hint: last or best", ErrConfiguration, checkpoint)
	}
	c, err := LoadCheckpoint(r.Path(file))
	if err != nil {
		return nil, err
	}
	if err := c.checkRun(info); err != nil {
		return nil, err
	}
	t, err := rebuild(find, info, c)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRun, r.Path(runFile), err)
	}
	t.Epoch = c.Position.Epoch
	return t, c.Restore(t.Parameters, nil)
}

// rebuild returns the model of a run in the stage of a checkpoint, with initial weights.
func rebuild(find Find, info RunInfo, c *Checkpoint) (*Trained, error) {
	t, stages, err := placed(find, info)
	if err != nil {
		return nil, err
	}
	if t.Stage, err = stageNamed(stages, c.Stage); err != nil {
		return nil, err
	}
	if err := t.fits(c); err != nil {
		return nil, err
	}
	err = t.Stage.declare(t.Parameters, t.Config.Seed, 2)
	t.Stage.word(t.Source.Shape)
	return t, err
}

// placed returns the model of a run without weights, placed for the data of the run, and
// its stages.
func placed(find Find, info RunInfo) (*Trained, []Stage, error) {
	recipe, err := find(info.Model)
	if err != nil {
		return nil, nil, err
	}
	t := &Trained{
		Info: info, Name: info.Model, Config: Defaults(), Source: Source{Shape: info.Image, Classes: len(info.Data.Classes)},
		Parameters: new(graph.Parameters), model: recipe.New(),
	}
	if err := info.Data.check(loaders.Shape(info.Image)); err != nil {
		return nil, nil, err
	}
	structs := []any{&t.Config, t.model}
	if m, ok := t.model.(Transfer); ok {
		if t.encoder, err = rebuildEncoder(find, info.Encoder); err != nil {
			return nil, nil, err
		}
		if err := m.SetEncoder(t.encoder); err != nil {
			return nil, nil, err
		}
		t.labelled = new(Labelled)
		structs = append(structs, t.labelled)
	}
	if err := settings.Fill(info.Configuration, structs...); err != nil {
		return nil, nil, err
	}
	t.Source.Images = info.Data.Train - t.Config.Validation
	if p, ok := t.model.(Perceptive); ok && p.FeatureRun() != "" {
		if err := recordedFeatures(find, p, info); err != nil {
			return nil, nil, err
		}
	}
	if err := t.model.Place(t.Source); err != nil {
		return nil, nil, err
	}
	stages, err := t.model.Stages(t.Config)
	return t, stages, err
}

// rebuildEncoder returns the model whose encoder a Transfer uses.
func rebuildEncoder(find Find, info *EncoderInfo) (Model, error) {
	if info == nil {
		return nil, fmt.Errorf("the key encoder is missing")
	}
	recipe, err := find(info.Model)
	if err != nil {
		return nil, err
	}
	m := recipe.New()
	return m, settings.Fill(info.Settings, m)
}

// Digest is a checksum of all weights.
func (t *Trained) Digest() string { return fmt.Sprintf("sha256:%x", t.Parameters.Digest()) }

// encoderInfo describes the model for a classifier that uses its encoder.
func (t *Trained) encoderInfo() *EncoderInfo {
	if t.Info.Encoder != nil {
		of := *t.Info.Encoder
		return &of
	}
	info := &EncoderInfo{Model: t.Name, Settings: make(map[string]settings.Setting)}
	for _, f := range settings.Fields(t.model) {
		if setting, ok := t.Info.Configuration[f.Name]; ok {
			info.Settings[f.Name] = setting
		}
	}
	return info
}
