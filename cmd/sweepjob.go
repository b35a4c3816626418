package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
	"gaetrain/trainer/sweep"
)

// train trains one job to its end. A job that is done, or that diverged before, is left
// out.
func (s *openedSweep) train(ctx context.Context, w io.Writer, log *console, index int) error {
	job, err := s.job(index)
	if err != nil {
		return err
	}
	result, err := s.look(job)
	switch {
	case err != nil:
		return err
	case result.Done():
		printf(w, "job %d is done: %s\n", index, result.Folder)
		return nil
	}
	if err := s.record(); err != nil {
		return err
	}
	o, origins, err := s.resolve(job)
	if err != nil {
		return err
	}
	o.Output = s.Output
	log.log.Info(fmt.Sprintf("job %d of %s: %s", index, s.file, job))
	return o.train(ctx, w, log, origins)
}

// look reads the run folder of a job. It returns an error if the run has other settings than
// the job, or if it diverged and is not to be resumed.
func (s *openedSweep) look(job sweep.Job) (sweep.Result, error) {
	result, err := sweep.Read(job, s.Out)
	if err == nil && result.State.Phase != sweep.NotStarted {
		_, _, err = s.resolve(job)
	}
	if err == nil && result.State.Phase == trainer.Diverged && !s.Retry {
		err = fmt.Errorf("%w in an earlier attempt at job %d, whose last checkpoint is kept in %s; hint: --retry resumes it", trainer.ErrDiverged, job.Index, result.Folder)
	}
	return result, err
}

// sweepRecord is the file that says with which settings a sweep began.
const sweepRecord = "sweep.json"

// begun is the content of sweepRecord.
type begun struct {
	Format   int               `json:"format"`
	Varied   []string          `json:"varied"`   // settings, sorted
	Settings map[string]string `json:"settings"` // of all jobs
}

// beginning describes the sweep. Settings that do not change the weights are left out.
func (s *openedSweep) beginning() (begun, error) {
	b := begun{Format: 1, Varied: slices.Sorted(slices.Values(s.Varied)), Settings: make(map[string]string)}
	o, _, err := resolveGiven(s.values(s.Job(0)), nil)
	if err != nil {
		return b, err
	}
	fields := settings.Fields(o.recorded()...)
	for _, g := range slices.Concat(s.below, s.above) {
		if f, ok := settings.Named(fields, g.name); ok && g.name != "seed" && !slices.Contains(trainer.Harmless, g.name) {
			b.Settings[g.name] = f.String()
		}
	}
	return b, nil
}

// record writes sweepRecord for a new sweep. For a sweep that has begun, it reports settings
// that have changed since.
func (s *openedSweep) record() error {
	now, err := s.beginning()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Out, 0o755); err != nil {
		return fmt.Errorf("%w: %w; hint: choose a folder with --out that can be written to", trainer.ErrRun, err)
	}
	folder := trainer.Run{Dir: s.Out}
	var before begun
	err = folder.ReadSealed(sweepRecord, &before)
	if errors.Is(err, fs.ErrNotExist) {
		if err = folder.WriteSealed(sweepRecord, now); err == nil {
			err = folder.ReadSealed(sweepRecord, &before) // another process may have been faster
		}
	}
	if err != nil {
		return err
	}
	return s.same(before, now)
}

// unchanged reports settings that have changed since the sweep began, if it has begun.
func (s *openedSweep) unchanged() error {
	var before begun
	folder := trainer.Run{Dir: s.Out}
	err := folder.ReadSealed(sweepRecord, &before)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := s.beginning()
	if err != nil {
		return err
	}
	return s.same(before, now)
}

// same reports the first difference between the beginning of a sweep and now.
func (s *openedSweep) same(before, now begun) error {
	if !slices.Equal(before.Varied, now.Varied) {
		return s.changed("varies "+cmp.Or(sorted(now.Varied), "nothing"), cmp.Or(sorted(before.Varied), "nothing"))
	}
	names := slices.Concat(slices.Collect(maps.Keys(before.Settings)), slices.Collect(maps.Keys(now.Settings)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		old, had := before.Settings[name]
		value, has := now.Settings[name]
		switch {
		case had && !has:
			return s.changed("has no setting "+name, old)
		case !had:
			return s.changed(fmt.Sprintf("has %s = %s", name, shown(value)), "the default")
		case old != value:
			return s.changed(fmt.Sprintf("has %s = %s", name, shown(value)), old)
		}
	}
	return nil
}

func (s *openedSweep) changed(what, before string) error {
	return fmt.Errorf("%w: %s %s, but the sweep in %s began with %s; hint: undo the change, or choose another --out", trainer.ErrConfiguration, s.file, what, s.Out, shown(before))
}
