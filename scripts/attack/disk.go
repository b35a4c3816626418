package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
)

// diskTries run out of space. A limit of the file size needs no privileges: a write
// beyond it fails. A small file system needs a user namespace.
func diskTries(o options) (tries []try) {
	each, verbs := 4, 2
	if o.quick {
		each, verbs = 1, 1
	}
	for _, model := range []string{"dense", "vae", "stacked", "finetune"} {
		for i := range each {
			tries = append(tries,
				try{fmt.Sprintf("limit-%s-%d", model, i+1), func(a *attempt) error { return a.fullTraining(model, limited) }},
				try{fmt.Sprintf("full-%s-%d", model, i+1), func(a *attempt) error { return a.fullTraining(model, small) }})
		}
	}
	for _, verb := range writingVerbs {
		for i := range verbs {
			tries = append(tries,
				try{fmt.Sprintf("limit-%s-%d", verb.name, i+1), func(a *attempt) error { return a.fullVerb(verb.arguments, verb.most, limited) }},
				try{fmt.Sprintf("full-%s-%d", verb.name, i+1), func(a *attempt) error { return a.fullVerb(verb.arguments, verb.most, small) }})
		}
	}
	return tries
}

// A way returns a script that runs "$@" with a limit of the kilobytes that can be
// written. The command runs in the folder work of the try. Its files are copied to the
// folder left afterwards.
type way func(a *attempt, kilobytes int) (script string, err error)

// limited limits the size of each file. The unit of ulimit is 512 bytes.
func limited(_ *attempt, kilobytes int) (string, error) {
	return fmt.Sprintf(`(cd work && ulimit -f %d && exec "$@"); code=$?; cp -a work left; exit $code`, 2*kilobytes), nil
}

// small limits the size of all files together, with a file system in memory.
func small(a *attempt, kilobytes int) (string, error) {
	if !canMount() {
		return "", leftOut("this user cannot mount in a user namespace")
	}
	used := `$(( $(du -sk work | cut -f1) + $(find work | wc -l) * 4 + 16 ))`
	return fmt.Sprintf(`exec unshare -rm sh -c 'mkdir disk && size=%s && mount -t tmpfs -o size=$(( size + %d ))k tmpfs disk && cp -a work/. disk && (cd disk && exec "$@"); code=$?; cp -a disk left; exit $code' sh "$@"`, used, kilobytes), nil
}

var canMount = sync.OnceValue(func() bool {
	return exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /tmp").Run() == nil
})

// fullTraining trains until the space is used up, and then resumes with enough space.
// The result must be that of an undisturbed run.
func (a *attempt) fullTraining(model string, how way) error {
	most := a.sizeOf(a.base(model), lastFile)*3 + 400
	script, err := how(a, 1+a.rand.IntN(most))
	if err != nil {
		return err
	}
	write(filepath.Join(a.dir, "work", "any"), nil)
	o := a.shell(script, a.trainArguments(model, "run")...)
	if err := o.full(); err != nil {
		return err
	}
	left := filepath.Join(a.dir, "left", "run")
	if err := leftovers(left); err != nil {
		return err
	}
	if exists(left) {
		copyFolder(left, filepath.Join(a.dir, "run"))
	}
	return a.finish(model)
}

// full checks that a command has finished, or has reported in one line that it could not
// write.
func (o outcome) full() error {
	if o.code == 0 {
		return o.ends(0)
	}
	o.stdout = "" // results may be printed before a write fails
	return o.withoutWarnings().refused(1, 3, 5)
}

// sizeOf returns the size of a file in kilobytes.
func (a *attempt) sizeOf(folder, file string) int {
	return len(read(filepath.Join(folder, file))) >> 10
}

// fullVerb runs a verb that writes files until the space is used up.
func (a *attempt) fullVerb(arguments []string, most int, how way) error {
	script, err := how(a, 1+a.rand.IntN(most))
	if err != nil {
		return err
	}
	copyFolder(a.base("dense"), filepath.Join(a.dir, "work", "dense"))
	copyFolder(a.base("other"), filepath.Join(a.dir, "work", "other"))
	o := a.shell(script, arguments...)
	return first(o.full(), leftovers(filepath.Join(a.dir, "left")), a.partial(o))
}

// partial reports files that a failed verb has left and that are useless without others.
func (a *attempt) partial(o outcome) error {
	left := filepath.Join(a.dir, "left")
	if o.code != 0 && exists(filepath.Join(left, "images")) {
		return fmt.Errorf("decompress has failed, but its folder is left behind")
	}
	if a.gaetrain("eval", "--run", filepath.Join(left, "dense"), "--limit", "20").code != 0 {
		return fmt.Errorf("the run cannot be read any more")
	}
	return nil
}

// writingVerbs are verbs that write files, with the approximate number of kilobytes.
var writingVerbs = []struct {
	name      string
	most      int
	arguments []string
}{
	{"encode", 80, []string{"encode", "--run", "dense", "--out", "codes", "--limit", "1000", "--quiet"}},
	{"encode-picture", 200, []string{"encode", "--run", "dense", "--picture", "--points", "100", "--quiet"}},
	{"compress", 40, []string{"compress", "--run", "dense", "--quiet"}},
	{"pca", 8, []string{"pca", "--run", "dense", "--quiet"}},
	{"sample", 400, []string{"sample", "--run", "dense", "--out", "samples", "--quiet"}},
	{"reconstruct", 60, []string{"reconstruct", "--run", "dense", "--quiet"}},
	{"compare", 300, []string{"compare", "--runs", "dense,other", "--quiet"}},
	{"probe", 30, []string{"probe", "--run", "dense", "--fit-limit", "200", "--limit", "100", "--quiet"}},
}
