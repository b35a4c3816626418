package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// flipTries invert one random bit of a file that the program reads.
func flipTries(o options) (tries []try) {
	each := 12
	if o.quick {
		each = 2
	}
	for _, d := range damaged {
		for i := range each {
			tries = append(tries, try{fmt.Sprintf("%s-%d", d.name, i+1), func(a *attempt) error {
				return d.do(a, func(data []byte) ([]byte, int) {
					at := a.rand.IntN(len(data))
					data[at] ^= 1 << a.rand.IntN(8)
					return data, at
				})
			}})
		}
	}
	return tries
}

// damage changes the contents of a file. It returns the position of the first byte that
// has changed.
type damage func([]byte) (changed []byte, at int)

// damaged are the files, and the checks of what the program does after the damage.
var damaged = []struct {
	name string
	do   func(a *attempt, do damage) error
}{
	{"run", func(a *attempt, do damage) error { return a.damageRun(runFile, do) }},
	{"last", func(a *attempt, do damage) error { return a.damageRun(lastFile, do) }},
	{"metrics", func(a *attempt, do damage) error { return a.damageRun(recordsFile, do) }},
	{"tail", (*attempt).damageTail},
	{"best", func(a *attempt, do damage) error {
		return a.damageRead("dense", bestFile, do, 5, "eval", "--run", "dense", "--checkpoint", "best", "--json")
	}},
	{"eval-run", func(a *attempt, do damage) error {
		return a.damageRead("dense", runFile, do, 5, "eval", "--run", "dense", "--json")
	}},
	{"eval-last", func(a *attempt, do damage) error {
		return a.damageRead("vae", lastFile, do, 5, "eval", "--run", "vae", "--json")
	}},
	{"final", func(a *attempt, do damage) error {
		return a.damageRead("dense", finalFile, do, 5, "compare", "--runs", "dense,"+a.base("other"), "--json", "--out", "../"+filepath.Base(a.dir)+"/out")
	}},
	{"codes", (*attempt).damageCodes},
	{"idx", (*attempt).damageIDX},
	{"npz", (*attempt).damageNPZ},
}

// damageRun damages a file of a finished run and resumes the run for one more epoch.
// The program must refuse the run and change nothing. Damage of metrics.jsonl may be
// accepted if weights and figures are not affected, but not within the bytes that are
// covered by the checksum in the checkpoint.
func (a *attempt) damageRun(file string, do damage) error {
	folder := a.copyOf("dense")
	path := filepath.Join(folder, file)
	data, at := do(read(path))
	write(path, data)
	before := contents(folder)
	o := a.gaetrain(a.resumeArguments(folder)...)
	if o.code == 0 && file == recordsFile && !a.inChecksum(at) {
		return a.likeLonger(o, folder)
	}
	a.last += fmt.Sprintf(" (byte %d of %s)", at, file)
	return first(o.refused(5), unchanged(folder, before))
}

// resumeArguments returns arguments that train a finished run for one more epoch. All
// other settings are those of its run.json.
func (a *attempt) resumeArguments(folder string) []string {
	return []string{"train", "--run", folder, "--resume", "--epochs", "6", "--quiet"}
}

// inChecksum reports whether a byte of metrics.jsonl is covered by the checksum in the
// last checkpoint.
func (a *attempt) inChecksum(at int) bool {
	c, err := parseCheckpoint(read(filepath.Join(a.base("dense"), lastFile)))
	return err == nil && at < c.checksummed()
}

// likeLonger checks that a resumed run is the same as an undisturbed run of that length.
func (a *attempt) likeLonger(o outcome, folder string) error {
	if err := o.ends(0); err != nil {
		return err
	}
	want := filepath.Join(a.dir, "want")
	copyFolder(a.base("dense"), want)
	answer := a.last
	if err := a.gaetrain(a.resumeArguments(want)...).ends(0); err != nil {
		return err
	}
	a.last = answer
	return sameRun(folder, want)
}

// damageTail appends damaged lines to metrics.jsonl. A crash before the next checkpoint
// can leave such lines. They must be dropped.
func (a *attempt) damageTail(do damage) error {
	folder := a.copyOf("dense")
	path := filepath.Join(folder, recordsFile)
	whole := read(path)
	tail, _ := do(append([]byte{}, whole[len(whole)/2:]...))
	write(path, append(whole, tail...))
	return a.likeLonger(a.gaetrain(a.resumeArguments(folder)...), folder)
}

// damageRead damages a file of a run. The verb must refuse the run, or its output must
// not be affected.
func (a *attempt) damageRead(model, file string, do damage, code int, verb ...string) error {
	folder := a.copyOf(model)
	good := a.gaetrain(verb...)
	if err := good.ends(0); err != nil {
		return fmt.Errorf("before the damage: %w", err)
	}
	os.RemoveAll(filepath.Join(a.dir, "out")) // compare does not replace a comparison
	path := filepath.Join(folder, file)
	data, at := do(read(path))
	write(path, data)
	before := contents(folder)
	o := a.gaetrain(verb...)
	a.last += fmt.Sprintf(" (byte %d of %s)", at, file)
	if o.code == 0 && file == finalFile && o.stdout == good.stdout {
		return nil // the verb does not use the file
	}
	return first(o.refused(code), unchanged(folder, before))
}

// damageCodes damages a file of compressed images.
func (a *attempt) damageCodes(do damage) error {
	a.copyOf("dense")
	if err := a.gaetrain("compress", "--run", "dense", "--limit", "50", "--quiet").ends(0); err != nil {
		return fmt.Errorf("before the damage: %w", err)
	}
	path := filepath.Join(a.dir, "images.codes")
	data, at := do(read(path))
	write(path, data)
	before := contents(a.dir)
	o := a.gaetrain("decompress", "--run", "dense", "--quiet")
	a.last += fmt.Sprintf(" (byte %d)", at)
	return first(o.refused(3), unchanged(a.dir, before))
}
