package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// aCase is one run of gaetrain train, or of gaetrain finetune on the run of
// another case.
type aCase struct {
	name  string
	from  string // the case whose encoder the classifier uses; empty for gaetrain train
	flags []string
	needs []string // the cases whose runs it reads
}

// common are the flags of all cases. A case can set its own value.
var common = [][2]string{
	{"--dataset", "sample"},
	{"--train-images", "512"},
	{"--test-images", "128"},
	{"--validation", "0"}, // not for finetune
	{"--epochs", "2"},
	{"--batch-size", "64"},
	{"--pictures", "0"},
	{"--quiet", "true"},
	{"--seed", "3"},
}

// readCases reads a file with one case per line. Empty lines and lines that
// begin with # are ignored.
func readCases(path string) ([]aCase, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cases, err := parseCases(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cases, nil
}

func parseCases(text string) (cases []aCase, err error) {
	names := make(map[string]bool)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := parseCase(line)
		switch {
		case err != nil:
		case names[c.name]:
			err = fmt.Errorf("case %q is defined twice; hint: use another name", c.name)
		}
		for _, other := range c.needs {
			if err == nil && !names[other] {
				err = fmt.Errorf("there is no case %q above this line, which the case reads", other)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		names[c.name] = true
		cases = append(cases, c)
	}
	return cases, nil
}

// parseCase reads a line such as
//
//	conv-nearest: --model conv --upsampling nearest
//	finetune-vae: finetune vae --encoder-lr-scale 0
func parseCase(line string) (c aCase, err error) {
	name, rest, found := strings.Cut(line, ":")
	if !found || name == "" || strings.ContainsAny(name, " \t/") {
		return c, errors.New("the line has no name; hint: NAME: --model vae --code 8")
	}
	c.name = name
	if c.flags, err = splitWords(rest); err != nil {
		return c, err
	}
	if len(c.flags) > 0 && c.flags[0] == "finetune" {
		if len(c.flags) < 2 || strings.HasPrefix(c.flags[1], "-") {
			return c, errors.New("finetune names no case; hint: NAME: finetune CASE --thaw")
		}
		c.from, c.flags = c.flags[1], c.flags[2:]
		c.needs = append(c.needs, c.from)
	}
	if i := slices.Index(c.flags, "--perceptual"); i >= 0 && i+1 < len(c.flags) {
		c.needs = append(c.needs, c.flags[i+1]) // the runs are in the working folder, by their names
	}
	return c, nil
}

// splitWords splits a line at its spaces. Spaces between single quotes do not split.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	begun, quoted := false, false
	for _, char := range line + " " {
		switch {
		case char == '\'':
			begun, quoted = true, !quoted
		case quoted || char != ' ' && char != '\t':
			begun = true
			word.WriteRune(char)
		case begun:
			words = append(words, word.String())
			word.Reset()
			begun = false
		}
	}
	if quoted {
		return nil, errors.New("a single quote is not closed")
	}
	return words, nil
}

// arguments returns the arguments of gaetrain. The function folder returns the run folder
// of a case.
func (c aCase) arguments(folder func(name string) string) []string {
	list := []string{"train"}
	if c.from != "" {
		list = []string{"finetune", "--from=" + folder(c.from)}
	}
	list = append(list, "--run="+folder(c.name))
	list = append(list, c.flags...)
	for _, f := range common {
		byDefault := c.from != "" && f[0] == "--validation"
		if !c.sets(f[0]) && !byDefault {
			list = append(list, f[0]+"="+f[1])
		}
	}
	return list
}

// sets reports whether the case has its own value of a flag.
func (c aCase) sets(flag string) bool {
	return slices.ContainsFunc(c.flags, func(word string) bool {
		return word == flag || strings.HasPrefix(word, flag+"=")
	})
}
