package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
)

// detectorFile is the file of a run folder that has the scores of normal items.
const detectorFile = "detector.json"

// detection is one call of the verb detect.
type detection struct {
	detectOptions
	cli   *cli.Context
	log   *console
	model *trainer.Trained
	names []string // of the scores

	endings []string // of the files of the scores

	data    *runData // of the run; nil until it is needed
	items   loaders.Split
	of      string   // the origin of the items
	classes []string // by label
	trained []bool   // by label, whether the run was trained on the class; nil: unknown, or on all
	anomaly []bool   // of each item; nil: unknown

	scorer      *measure.Scorer
	calibration *measure.Calibration
	found       []measure.Detected
}

// own returns the data set of the run, split as in the run.
func (d *detection) own() (*runData, error) {
	if d.data != nil {
		return d.data, nil
	}
	o := d.ModelOptions
	o.Dataset, o.whole = "", false
	data, err := o.open(d.cli.Context, d.model, d.log)
	d.data = data
	return data, err
}

// isOwn reports whether the items are those of the data set of the run.
func (d *detection) isOwn() bool {
	return d.Images == "" && (d.Dataset == "" || d.Dataset == d.model.Config.Dataset)
}

// chooseItems reads the items to score: image files, or a split with the test images of the
// classes that the run was not trained on.
func (d *detection) chooseItems() (err error) {
	if d.Images != "" {
		d.items, err = d.FileOptions.open(d.cli.Context, d.log, d.model, d.Limit)
		d.of, d.classes = d.Images, d.model.Info.Data.Classes
		return err
	}
	limit := d.Limit
	d.Limit = 0
	split, data, err := d.images(d.cli.Context, d.model, d.log)
	d.Limit = limit
	if err != nil {
		return err
	}
	if d.Split == "test" || d.Split == "all" {
		split = split.Join(data.Others)
	}
	if d.isOwn() && d.Split != "all" {
		d.data = data
	}
	d.items, d.classes = split.Stratified(limit), data.Classes
	d.of = fmt.Sprintf("%s, %s", data.Name, d.Split)
	if d.isOwn() {
		d.trained = data.Trained
	} else {
		d.trained = d.knownClasses()
	}
	return nil
}

// knownClasses says which classes of another data set the run was trained on, by their
// names. It returns nil if it was trained on none of them.
func (d *detection) knownClasses() []bool {
	info := d.model.Info.Data
	names := info.Trained
	if len(names) == 0 {
		names = info.Classes
	}
	known := make([]bool, len(d.classes))
	for label, class := range d.classes {
		known[label] = slices.Contains(names, class)
	}
	if slices.Contains(known, true) {
		return known
	}
	if len(names) > 0 && d.items.Labels != nil && d.Anomalies == "" {
		d.log.note(fmt.Sprintf("no class of %s has the name of a class that the run was trained on, so its labels are not used; hint: --anomalies names the classes that are anomalies", d.Dataset))
	}
	return nil
}

// findAnomalies finds out which of the items are anomalies, if there are labels.
func (d *detection) findAnomalies() error {
	odd := make([]bool, len(d.classes))
	for label, trained := range d.trained {
		odd[label] = !trained
	}
	switch {
	case d.Anomalies != "" && d.items.Labels == nil:
		return fmt.Errorf("%w: %s has no labels, so --anomalies has no effect; hint: leave it out", errUsage, d.of)
	case d.Anomalies != "":
		var err error
		if odd, err = (&loaders.Dataset{Name: d.of, Classes: d.classes}).Chosen(d.Anomalies); err != nil {
			return err
		}
	case d.items.Labels == nil || d.Images != "":
		return nil
	}
	anomaly := make([]bool, d.items.Len())
	for i, label := range d.items.Labels {
		anomaly[i] = odd[label]
	}
	switch some := slices.Contains(anomaly, true); {
	case some && slices.Contains(anomaly, false):
		d.anomaly = anomaly
	case some:
		d.log.note(fmt.Sprintf("all items of %s are anomalies, so the share of flagged items is the recall, and the other figures need normal items", d.of))
	case d.Anomalies != "":
		return fmt.Errorf("%w: no item of %s is of the classes %s; hint: --split test", errUsage, d.of, d.Anomalies)
	}
	return nil
}

// prepareScorer prepares the scores. Only some of them need the training images.
func (d *detection) prepareScorer() (err error) {
	var train loaders.Split
	if slices.ContainsFunc(d.names, measure.NeedsTrainingImages) {
		data, err := d.own()
		if err == nil {
			err = data.uncut
		}
		switch {
		case err == nil:
			train = data.Train
			if slices.Contains(d.names, measure.NeighboursScore) || slices.Contains(d.names, measure.CombinedScore) {
				shrink(d.cli, d.log, &d.Neighbours, "neighbours", max(1, min(d.Neighbours, train.Len()-1)), counted(train.Len(), "train"))
			}
		case d.Score == "all" && d.cli.Context.Err() == nil:
			d.names = slices.DeleteFunc(d.names, measure.NeedsTrainingImages)
			d.log.note(fmt.Sprintf("scores that need the training images are left out: %v", err))
		default:
			return fmt.Errorf("score %s needs the training images: %w; hint: --score mse does not need them", d.names[slices.IndexFunc(d.names, measure.NeedsTrainingImages)], err)
		}
	}
	d.scorer, err = measure.NewScorer(d.cli.Context, d.model, train, d.names, d.scoreOptions())
	if d.Score == "all" && errors.Is(err, evaluate.ErrInput) {
		d.names = slices.DeleteFunc(d.names, measure.NeedsTrainingImages)
		d.log.note(fmt.Sprintf("scores that need the codes of the training images are left out: %v", err))
		d.scorer, err = measure.NewScorer(d.cli.Context, d.model, train, d.names, d.scoreOptions())
	}
	return err
}

func (d *detection) scoreOptions() measure.ScoreOptions {
	return measure.ScoreOptions{Neighbours: d.Neighbours, Draws: d.Draws}
}

// calibrate reads the scores of normal items from the run folder or computes them.
func (d *detection) calibrate() error {
	run := trainer.Run{Dir: d.Run}
	if d.Normal == "" {
		saved := new(measure.Calibration)
		switch err := run.ReadSealed(detectorFile, saved); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("%w; hint: --normal validation replaces this file", err)
		default:
			why := saved.Outdated(d.model, d.names, d.scoreOptions())
			if why == "" {
				d.calibration = saved
				return d.checkCalibration()
			}
			if usual := d.model.Config.Dataset + ", validation"; saved.Normal != usual {
				return fmt.Errorf("%w: %s cannot be used, because %s; hint: give --normal again, which was %s", errUsage, run.Path(detectorFile), why, saved.Normal)
			}
			d.log.note(fmt.Sprintf("%s is written again, because %s", run.Path(detectorFile), why))
		}
	}
	source, normal, err := d.normalItems()
	if err != nil {
		return err
	}
	const most = 20000 // whose scores fit into the file
	if normal.Len() > most {
		d.log.note(fmt.Sprintf("%d of the %d normal items are used", most, normal.Len()))
		normal = normal.Stratified(most)
	}
	if d.calibration, err = measure.Calibrate(d.cli.Context, d.scorer, d.Checkpoint, source, normal); err != nil {
		return err
	}
	if err := d.checkCalibration(); err != nil {
		return err
	}
	return run.WriteSealed(detectorFile, d.calibration)
}

// checkCalibration returns an error if the normal items are the tested ones, or are too few
// for the given rate of false alarms. A default rate is changed.
func (d *detection) checkCalibration() error {
	c := d.calibration
	if c.Normal == d.of {
		return fmt.Errorf("%w: the items of %s set the threshold, so they cannot be tested; hint: --split or --normal with other items", errUsage, d.of)
	}
	if d.isOwn() && d.Split == "all" {
		d.log.note("the tested items include images that the model was trained on and normal items that set the threshold, whose scores are lower than those of new items")
	}
	if least := 1 / float64(c.Items+1); d.FalseAlarms < least {
		shrink(d.cli, d.log, &d.FalseAlarms, "false-alarms", math.Ceil(least*1e4)/1e4, fmt.Sprintf("%d normal items", c.Items))
	}
	conformal, err := c.Conformal(d.names[0])
	if err == nil {
		_, err = conformal.Threshold(d.FalseAlarms)
	}
	return err
}

// normalItems returns the items of --normal and where they come from.
func (d *detection) normalItems() (source string, normal loaders.Split, err error) {
	if _, missing := os.Stat(d.Normal); missing == nil {
		normal, _, err = FileOptions{Images: d.Normal, Class: d.Class}.read(d.cli.Context, d.log, d.model)
		return d.Normal, normal, err
	}
	if d.Normal == d.model.Config.Dataset {
		return "", normal, fmt.Errorf("%w: normal is %s, but the model was trained on a part of it; hint: --normal validation or test", errUsage, d.Normal)
	}
	if d.Normal != "" && !slices.Contains(splitNames, d.Normal) {
		o := d.ModelOptions
		o.Dataset, o.whole = d.Normal, true
		data, err := o.open(d.cli.Context, d.model, d.log)
		if err != nil {
			return "", normal, fmt.Errorf("normal %s is no split and no file: %w", d.Normal, err)
		}
		return data.Name + ", all", data.Test, nil
	}
	data, err := d.own()
	if err != nil {
		return "", normal, err
	}
	split := d.Normal
	if split == "" {
		split = "validation"
	}
	if split == "validation" && data.uncut == nil && data.Validation.Len() == 0 {
		return "", normal, fmt.Errorf("%w: the run has no validation set, so there are no held-out normal items that set the threshold; hint: --normal test, or --normal PATH with images that the model was not trained on", errUsage)
	}
	normal, err = data.split(split)
	d.noteContamination(data, normal)
	return fmt.Sprintf("%s, %s", data.Name, split), normal, err
}

// noteContamination reports normal items of classes that the run was not trained on.
func (d *detection) noteContamination(data *runData, normal loaders.Split) {
	others := 0
	for _, label := range normal.Labels {
		if data.Trained != nil && !data.Trained[label] {
			others++
		}
	}
	if others > 0 {
		d.log.note(fmt.Sprintf("%d of the %d normal items are of other classes (--contaminate), so the threshold is higher than it should be", others, normal.Len()))
	}
}

// detect computes the scores of the items.
func (d *detection) detect() (err error) {
	if slices.Contains(d.names, measure.LikelihoodScore) {
		d.scorer.Progress = d.log.progress("items with an estimated likelihood", d.items.Len())
	}
	d.found, err = measure.Detect(d.cli.Context, d.scorer, d.calibration, d.items, measure.DetectOptions{
		FalseAlarms: d.FalseAlarms, Anomaly: d.anomaly, Classes: d.classes, Seed: d.model.Config.Seed,
	})
	return err
}
