package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// truncateTries truncate the files that the program reads, or replace them with files of
// other runs.
func truncateTries(o options) (tries []try) {
	each := 4
	if o.quick {
		each = 1
	}
	for _, d := range damaged {
		for i := range each {
			tries = append(tries, try{fmt.Sprintf("cut-%s-%d", d.name, i+1), func(a *attempt) error {
				return d.do(a, func(data []byte) ([]byte, int) {
					at := a.rand.IntN(len(data))
					return data[:at], at
				})
			}})
		}
		tries = append(tries, try{"empty-" + d.name, func(a *attempt) error {
			return d.do(a, func([]byte) ([]byte, int) { return nil, 0 })
		}})
	}
	for _, file := range []string{runFile, lastFile, recordsFile} {
		tries = append(tries,
			try{"remove-" + filepath.Base(file), func(a *attempt) error { return a.removed(file) }},
			try{"other-" + filepath.Base(file), func(a *attempt) error {
				return a.damageRun(file, func([]byte) ([]byte, int) { return read(filepath.Join(a.base("other"), file)), 0 })
			}})
	}
	tries = append(tries,
		try{"remove-best.safetensors", func(a *attempt) error {
			os.Remove(filepath.Join(a.copyOf("dense"), bestFile))
			return a.gaetrain("eval", "--run", "dense", "--checkpoint", "best").refused(5)
		}},
		try{"other-best.safetensors", func(a *attempt) error {
			return a.damageRead("dense", bestFile, func([]byte) ([]byte, int) { return read(filepath.Join(a.base("other"), bestFile)), 0 },
				5, "eval", "--run", "dense", "--checkpoint", "best", "--json")
		}})
	for _, name := range sortedNames(lineChanges) {
		for i := range each {
			tries = append(tries, try{fmt.Sprintf("%s-line-%d", name, i+1), func(a *attempt) error {
				return a.damageRun(recordsFile, func(data []byte) ([]byte, int) { return lineChanges[name](a, data) })
			}})
		}
	}
	for _, name := range sortedNames(edits) {
		edit := edits[name]
		tries = append(tries, try{"edit-" + name, func(a *attempt) error {
			return a.damageRun(runFile, func(data []byte) ([]byte, int) {
				return replace(data, edit[0], edit[1]), 0
			})
		}})
		if slices.Contains(sealedEdits, name) {
			tries = append(tries, try{"sealed-" + name, func(a *attempt) error {
				return a.damageRun(runFile, func(data []byte) ([]byte, int) { return sealed(replace(data, edit[0], edit[1])), 0 })
			}})
		}
	}
	return tries
}

// removed removes a file of a finished run and resumes the run. Without its checkpoint,
// the run may also start again from the beginning, with the same result.
func (a *attempt) removed(file string) error {
	folder := a.copyOf("dense")
	os.Remove(filepath.Join(folder, file))
	before := contents(folder)
	o := a.gaetrain(a.trainArguments("dense", folder, "--resume")...)
	if o.code == 0 && file == lastFile {
		return first(o.ends(0), sameRun(folder, a.base("dense")))
	}
	return first(o.refused(5), unchanged(folder, before))
}

// lineChanges change the lines of metrics.jsonl. They return the position of the first
// byte that has changed.
var lineChanges = map[string]func(a *attempt, data []byte) ([]byte, int){
	"remove": func(a *attempt, data []byte) ([]byte, int) {
		lines := bytes.SplitAfter(data, []byte("\n"))
		i := a.rand.IntN(len(lines) - 1)
		at := len(bytes.Join(lines[:i], nil))
		return bytes.Join(append(lines[:i:i], lines[i+1:]...), nil), at
	},
	"repeat": func(a *attempt, data []byte) ([]byte, int) {
		lines := bytes.SplitAfter(data, []byte("\n"))
		i := a.rand.IntN(len(lines) - 1)
		at := len(bytes.Join(lines[:i+1], nil))
		return bytes.Join(append(lines[:i+1:i+1], lines[i:]...), nil), at
	},
	"swap": func(a *attempt, data []byte) ([]byte, int) {
		lines := bytes.SplitAfter(data, []byte("\n"))
		i := a.rand.IntN(len(lines) - 2)
		at := len(bytes.Join(lines[:i], nil))
		lines[i], lines[i+1] = lines[i+1], lines[i]
		return bytes.Join(lines, nil), at
	},
}

// edits are changes of keys and values of run.json, without a new checksum: each has an
// expression and its replacement.
var edits = map[string][2]string{
	"rename-key":   {`"learning-rate"`, `"learning-rata"`},
	"rename-seed":  {`"seed"`, `"sead"`},
	"rename-count": {`"train-images"`, `"train-imagez"`},
	"remove-key":   {`(?s)    "seed": \{.*?\},\n`, ``},
	"add-key":      {`"configuration": \{`, `"configuration": { "colour": { "value": "red", "origin": "flag" },`},
	"activation":   {`"elu"`, `"relu"`},
	"stage":        {`"name": "train"`, `"name": "trein"`},
	"value":        {`(?s)("learning-rate": \{\s*"value": )[0-9.]+`, `${1}0.05`},
	"units":        {`(?s)("hidden": \{\s*"value": )\[.*?\]`, `${1}[1300000]`},
}

// sealedEdits are the edits that must be refused even with a correct checksum, because
// run.json then has unknown or missing keys, or disagrees with the checkpoint.
var sealedEdits = []string{"rename-key", "rename-seed", "rename-count", "remove-key", "add-key", "stage"}

// replace replaces all matches of an expression. It panics if nothing changes.
func replace(data []byte, expression, by string) []byte {
	changed := regexp.MustCompile(expression).ReplaceAll(data, []byte(by))
	if bytes.Equal(changed, data) {
		panic("the file does not match " + expression)
	}
	return changed
}
