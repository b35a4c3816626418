package main

import (
	"fmt"
	"time"
)

// killTries end training with SIGKILL at random moments, resume it, and compare
// the result with an undisturbed run.
func killTries(o options) (tries []try) {
	each := 6
	if o.quick {
		each = 1
	}
	for _, model := range []string{"dense", "vae", "conv", "gan", "stacked", "finetune"} {
		for i := range each {
			tries = append(tries, try{fmt.Sprintf("%s-%d", model, i+1), func(a *attempt) error { return a.killOften(model) }})
		}
	}
	return tries
}

// killOften kills a run one to three times.
func (a *attempt) killOften(model string) error {
	base := a.trained(model)
	for range 1 + a.rand.IntN(3) {
		p := a.start(a.command(a.trainArguments(model, "run", "--resume")...))
		a.sleep(base.seconds)
		if !p.over() {
			p.killGroup()
		}
		if o := a.wait(p, patience); p.over() && o.signal == 0 {
			if err := o.ends(0); err != nil { // it ended before it was killed
				return err
			}
			break
		}
	}
	return a.finish(model)
}

// finish resumes the run of a try until its end, and compares it with the undisturbed
// run of the model.
func (a *attempt) finish(model string) error {
	if err := a.gaetrain(a.trainArguments(model, "run", "--resume")...).ends(0); err != nil {
		return fmt.Errorf("after resuming: %w", err)
	}
	return sameRun(a.dir+"/run", a.base(model))
}

// sleep waits for a random time of at most the given seconds.
func (a *attempt) sleep(seconds float64) {
	time.Sleep(time.Duration(a.rand.Float64() * seconds * float64(time.Second)))
}
