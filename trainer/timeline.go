package trainer

// Timeline counts steps from the start of a run. A record counts them from the start of
// its stage.
type Timeline struct {
	stage        string
	before, last int // steps of the earlier stages; last step of the present one
}

// Step returns the step of a record, counted from the start of the run. It is called
// with the records of a run in their order.
func (t *Timeline) Step(r Record) int {
	if r.Stage != t.stage {
		t.stage, t.before, t.last = r.Stage, t.before+t.last, 0
	}
	t.last = r.Step
	return t.before + r.Step
}

// Evaluated holds the records of one epoch of a run, one for each split.
type Evaluated struct {
	Step    int // counted from the start of the run
	Records []Record
}

// Epochs groups the records of a run by their epochs.
func Epochs(records []Record) (epochs []Evaluated) {
	var t Timeline
	for i, r := range records {
		step := t.Step(r)
		if i == 0 || r.Stage != records[i-1].Stage || r.Epoch != records[i-1].Epoch {
			epochs = append(epochs, Evaluated{Step: step})
		}
		last := &epochs[len(epochs)-1]
		last.Records = append(last.Records, r)
	}
	return epochs
}
