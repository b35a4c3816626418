package trainer

import (
	"errors"
	"strings"
	"testing"

	"gaetrain/loaders"
)

// TestAugmentation checks that only streams for training augment, and what is refused.
func TestAugmentation(t *testing.T) {
	c := small()
	c.Augment = loaders.Augmentation{Flip: true, Brightness: 0.5}
	e := experiment(t, c)
	s := e.Final()
	program, err := s.training(e.Parameters, 4)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.streamOptions(program, 1, 4, true).Augment; got != c.Augment {
		t.Errorf("images for training are augmented by %v", got)
	}
	if got := s.streamOptions(program, 1, 4, false).Augment; got != (loaders.Augmentation{}) {
		t.Errorf("images for evaluation are augmented by %v", got)
	}
	if got, want := e.Augmentation(), "training images are augmented by flip,brightness:0.5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for mention, change := range map[string]func(*setup, *loaders.Dataset){
		"those of squares are from -1 to 2": func(_ *setup, d *loaders.Dataset) { d.Range = loaders.Range{Low: -1, High: 2} },
		"shift by less than 6":              func(c *setup, _ *loaders.Dataset) { c.Augment.Shift = 6 },
		"cannot be combined with motion": func(_ *setup, d *loaders.Dataset) {
			m := loaders.Motion{Shift: 1}
			d.Train, d.Test = d.Train.Pairs(m, 1), d.Test.Pairs(m, 1)
		},
	} {
		c, d := c, dataset()
		change(&c, d)
		_, err := NewExperiment(c.Config, "small", &c.net, d)
		if !errors.Is(err, ErrConfiguration) || !strings.Contains(err.Error(), mention) {
			t.Errorf("error %v, want %q", err, mention)
		}
	}
}
