package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

var stopSignals = []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1}

// soon is the maximum time from a signal to the end of the process, in seconds.
const soon = 5

// signalTries send signals at random moments, to training and to all verbs that take
// long.
func signalTries(o options) (tries []try) {
	training, ending, each := 4, 4, 2
	if o.quick {
		training, ending, each = 1, 1, 1
	}
	for _, model := range []string{"dense", "vae", "conv", "gan", "stacked", "finetune"} {
		for i := range training {
			tries = append(tries, try{fmt.Sprintf("%s-%d", model, i+1), func(a *attempt) error {
				return a.stopTraining(model, stopSignals[(i+len(model))%len(stopSignals)])
			}})
		}
	}
	for i := range ending {
		tries = append(tries, try{fmt.Sprintf("end-%d", i+1), func(a *attempt) error { return a.stopEnd(stopSignals[i%len(stopSignals)]) }})
	}
	tries = append(tries, try{"twice", func(a *attempt) error { return a.interruptTwice() }})
	for i, verb := range slowVerbs {
		for j := range each {
			tries = append(tries, try{fmt.Sprintf("%s-%d", verb.name, j+1), func(a *attempt) error {
				return a.stopVerb(verb.model, stopSignals[(i+j)%len(stopSignals)], verb.arguments)
			}})
		}
	}
	return tries
}

// stopTraining sends a signal to a training run, which must end soon. With a
// checkpoint it must exit with 75, and the resumed run must be the same as an
// undisturbed one. Without a checkpoint it must leave no files.
func (a *attempt) stopTraining(model string, s syscall.Signal) error {
	base := a.trained(model)
	p := a.start(a.command(a.trainArguments(model, "run")...))
	a.sleep(base.seconds)
	o, err := a.stop(p, s)
	if err != nil {
		return err
	}
	return a.stopped(model, o, s)
}

// stop sends a signal to a process and checks that it ends soon.
func (a *attempt) stop(p *process, s syscall.Signal) (outcome, error) {
	p.Process.Signal(s)
	sent := time.Now()
	o := a.wait(p, 3*soon*time.Second)
	a.last = fmt.Sprintf("%s, signal %s", a.last, s)
	if took := time.Since(sent).Seconds(); took > soon {
		return o, fmt.Errorf("the process ends %.1f s after the signal, want at most %d", took, soon)
	}
	return o, nil
}

// stopped checks the run folder after a signal.
func (a *attempt) stopped(model string, o outcome, s syscall.Signal) error {
	folder := filepath.Join(a.dir, "run")
	if o.signal == s && !exists(folder) {
		return nil // the signal came before the program had started
	}
	if err := o.ends(0, 75, 130); err != nil {
		return err
	}
	switch {
	case o.code == 75 && !exists(filepath.Join(folder, lastFile)):
		return errors.New("the exit code is 75, but there is no checkpoint")
	case o.code == 130 && exists(folder):
		return errors.New("the exit code is 130, but the run folder is left behind")
	}
	return a.finish(model)
}

// stopEnd sends a signal after the last epoch, while the final figures are
// measured and the pictures and the report are written. The run has a long code,
// so that its Jacobian takes a while.
func (a *attempt) stopEnd(s syscall.Signal) error {
	arguments := a.trainArguments("dense", "run", "--hidden", "512,256", "--code", "64", "--test-images", "1000", "--epochs", "2", "--pictures", "1", "--resume")
	p := a.start(a.command(arguments...))
	for begun := time.Now(); !p.over() && a.lines("run") < 4; time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			return errors.New("the program hangs before the second epoch is done")
		}
	}
	a.sleep(1)
	o, err := a.stop(p, s)
	if err != nil {
		return err
	}
	if err := o.ends(0, 75); err != nil {
		return err
	}
	if err := leftovers(filepath.Join(a.dir, "run")); err != nil {
		return err
	}
	if err := a.gaetrain(arguments...).ends(0); err != nil {
		return fmt.Errorf("after resuming: %w", err)
	}
	for _, name := range []string{finalFile, "report.html", "curves.svg"} {
		if !exists(filepath.Join(a.dir, "run", name)) {
			return fmt.Errorf("the resumed run has no %s", name)
		}
	}
	return leftovers(filepath.Join(a.dir, "run"))
}

// lines returns the number of lines in the metrics of a run.
func (a *attempt) lines(run string) (n int) {
	data, _ := os.ReadFile(filepath.Join(a.dir, run, recordsFile))
	for _, b := range data {
		if b == '\n' {
			n++
		}
	}
	return n
}

// interruptTwice sends two interrupts. The second must end the program immediately.
func (a *attempt) interruptTwice() error {
	arguments := a.trainArguments("dense", "run", "--hidden", "1024,1024", "--batch-size", "400", "--train-images", "4000", "--epochs", "50", "--resume")
	p := a.start(a.command(arguments...))
	for begun := time.Now(); !p.over() && !exists(filepath.Join(a.dir, "run", lastFile)); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			return errors.New("the program hangs before the first checkpoint")
		}
	}
	p.Process.Signal(syscall.SIGINT)
	time.Sleep(time.Duration(a.rand.IntN(20)) * time.Millisecond)
	o, err := a.stop(p, syscall.SIGINT)
	if err != nil {
		return err
	}
	if err := o.ends(75, 130); err != nil {
		return err
	}
	return a.gaetrain("eval", "--run", "run", "--limit", "10").ends(0)
}

// stopVerb sends a signal to a verb that works on a finished run.
func (a *attempt) stopVerb(model string, s syscall.Signal, arguments []string) error {
	a.copyOf(model)
	if arguments[0] == "judge" {
		copyFolder(a.base("finetune"), filepath.Join(a.dir, "finetune"))
	}
	if arguments[0] == "compare" {
		copyFolder(a.base("other"), filepath.Join(a.dir, "other"))
	}
	before := contents(filepath.Join(a.dir, model))
	p := a.start(a.command(arguments...))
	a.sleep(2)
	o, err := a.stop(p, s)
	switch {
	case err != nil:
		return err
	case o.signal == s && len(before) > 0 && unchanged(filepath.Join(a.dir, model), before) == nil && o.seconds < 0.3:
		return nil // the signal came before the program had started
	case o.code == 75 && arguments[0] == "study": // it trains
		err = o.ends(75)
	case o.code == 130:
		o.stdout = "" // a verb may have printed some results already
		err = o.refused(130)
	default:
		err = o.ends(0)
	}
	return first(err, leftovers(a.dir))
}

// slowVerbs are verbs that run for seconds.
var slowVerbs = []struct {
	name, model string
	arguments   []string
}{
	{"eval", "dense", []string{"eval", "--run", "dense", "--split", "train", "--corruption", "none,masking:0.1,masking:0.2,masking:0.3,gaussian:0.1,gaussian:0.2"}},
	{"posterior", "vae", []string{"eval", "--run", "vae", "--posterior", "--split", "train"}},
	{"likelihood", "vae", []string{"eval", "--run", "vae", "--nll", "5000"}},
	{"encode", "dense", []string{"encode", "--run", "dense", "--split", "train", "--picture", "--out", "codes"}},
	{"compress", "dense", []string{"compress", "--run", "dense", "--split", "train"}},
	{"pca", "dense", []string{"pca", "--run", "dense"}},
	{"cluster", "dense", []string{"cluster", "--run", "dense", "--split", "train", "--on", "pixels"}},
	{"probe", "dense", []string{"probe", "--run", "dense"}},
	{"search", "dense", []string{"search", "--run", "dense"}},
	{"judge", "vae", []string{"judge", "--run", "vae", "--by", "finetune"}},
	{"compare", "dense", []string{"compare", "--runs", "dense,other"}},
	{"sample", "vae", []string{"sample", "--run", "vae", "--count", "20000", "--out", "samples"}},
	{"study", "dense", []string{"study", "labels", "--runs", "dense", "--labels", "50,200", "--seeds", "3"}},
}
