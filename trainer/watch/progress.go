package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
)

func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// progress sums up the records of a run that were read so far. Its size does not depend on their number.
type progress struct {
	at      Position
	lines   int // that were read
	damaged int // lines that are no records
	first   int // number of the first damaged line

	stage   string
	before  int // epochs of the stages before
	epoch   int // of the stage
	latest  map[string]record
	best    map[string]record // record of the stage with the lowest criterion
	seconds float64
	recent  []float64 // seconds of the last epochs
	ends    []int64   // Unix times at which the last epochs ended
	rate    float64   // images per second while training
}

const recentEpochs = 10

// pause is the time between two epochs, in seconds, and in epochs, from which on a run was not training.
const pauseSeconds, pauseEpochs = 60, 10

// add adds whole lines.
func (p *progress) add(c Chunk) {
	if c.Reset {
		*p = progress{}
	}
	for line := range bytes.Lines(c.Lines) {
		p.lines++
		r, err := parse(line)
		if err != nil {
			if p.damaged++; p.first == 0 {
				p.first = p.lines
			}
			continue
		}
		p.addRecord(r)
	}
	p.at = c.Next
}

func (p *progress) addRecord(r record) {
	if r.stage != p.stage {
		p.before, p.stage, p.epoch = p.before+p.epoch, r.stage, 0
		p.latest, p.best = make(map[string]record), make(map[string]record)
	}
	if r.epoch != p.epoch {
		p.epoch, p.recent = r.epoch, append(p.recent, 0)
		p.recent = p.recent[max(0, len(p.recent)-recentEpochs):]
		p.addEnd(r.end)
	}
	p.seconds += r.seconds
	p.recent[len(p.recent)-1] += r.seconds
	if r.split == "train" {
		p.rate = r.rate
	}
	p.latest[r.split] = r
	if best, ok := p.best[r.split]; !ok || r.criterion() < best.criterion() {
		p.best[r.split] = r
	}
}

// addEnd adds the time at which an epoch ended. The times before a pause do not show how fast a run is.
func (p *progress) addEnd(at int64) {
	if n := len(p.ends); n > 0 {
		since, mean := float64(at-p.ends[n-1]), float64(p.ends[n-1]-p.ends[0])/float64(max(1, n-1))
		if since < 0 || since > pauseSeconds+pauseEpochs*mean {
			p.ends = nil
		}
	}
	p.ends = append(p.ends, at)
	p.ends = p.ends[max(0, len(p.ends)-recentEpochs):]
}

// split is the split that shows how good the run is, "" before the first epoch.
func (p *progress) split() string {
	for _, split := range splits {
		if _, ok := p.latest[split]; ok {
			return split
		}
	}
	return ""
}

// left estimates the seconds until all epochs are finished from the last ones: from their time of training and evaluation or, if it is
// longer, from the time between them, which includes pictures and checkpoints.
func (p *progress) left(epochs int) float64 {
	if len(p.recent) == 0 {
		return 0
	}
	sum := 0.0
	for _, s := range p.recent {
		sum += s
	}
	each := sum / float64(len(p.recent))
	if n := len(p.ends); n > 1 {
		each = max(each, float64(p.ends[n-1]-p.ends[0])/float64(n-1))
	}
	return min(each*float64(max(0, epochs-p.before-p.epoch)), 1e9)
}

// problem describes damaged lines, "" if there are none.
func (p *progress) problem() string {
	if p.damaged == 0 {
		return ""
	}
	return fmt.Sprintf("metrics.jsonl: damaged lines are ignored (%d, the first is line %d)", p.damaged, p.first)
}
