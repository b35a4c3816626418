package cmd

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/recipes"
)

// helpOf returns what a verb prints with --help.
func helpOf(t *testing.T, model string, words ...string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	args := append(append([]string{"gaetrain"}, words...), "--help")
	if err := newApp(needed(model, args), &stdout, &stderr).Run(args); err != nil || stderr.Len() > 0 {
		t.Fatalf("gaetrain %q --help: %v, %s", words, err, &stderr)
	}
	return stdout.String()
}

// TestHelp checks that the help of each verb has an example of this verb and the exit
// codes, and that its lines fit helpColumns. Only examples may be longer.
func TestHelp(t *testing.T) {
	var check func(verbs []*cli.Command, before ...string)
	check = func(verbs []*cli.Command, before ...string) {
		for _, verb := range verbs {
			words := append(append([]string{}, before...), verb.Name)
			help := helpOf(t, "", words...)
			_, rest, _ := strings.Cut(help, "\n   EXAMPLE")
			examples, rest, found := strings.Cut(rest, "\n   EXIT CODES:\n      0 done · ")
			if !found || !strings.Contains(rest, "141 ") {
				t.Errorf("the help of %q has no exit codes", words)
			}
			if command := "gaetrain " + strings.Join(words, " "); !strings.Contains(examples, command) {
				t.Errorf("the help of %q has no example of %q", words, command)
			}
			checkColumns(t, help)
			check(verb.Subcommands, words...)
		}
	}
	check(allVerbs(""))
}

// TestModelHelp checks the lines of help about each model.
func TestModelHelp(t *testing.T) {
	for _, r := range recipes.List() {
		help := helpOf(t, r.Name, "train")
		checkColumns(t, help)
		if !strings.Contains(help, "apply to model "+r.Name) {
			t.Errorf("the help of model %s is that of all models", r.Name)
		}
	}
}

func checkColumns(t *testing.T, help string) {
	t.Helper()
	for line := range strings.Lines(help) {
		isExample := strings.HasPrefix(line, "      ") && strings.Contains(line, "gaetrain ")
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpColumns && !isExample {
			t.Errorf("a line of help has %d columns: %q", n, line)
		}
	}
}

// TestBroken breaks the text of a flag at spaces, but not within its default.
func TestBroken(t *testing.T) {
	name, word := "   --flag value  ", strings.Repeat("x", 40)
	for _, test := range []struct{ line, want string }{
		{name + word + "\n", name + word + "\n"},
		{name + word + " " + word + " " + word + "\n", name + word + " " + word + "\n" + strings.Repeat(" ", len(name)) + word + "\n"},
		{name + word + " " + strings.Repeat("y", 30) + " (default: 0)\n", name + word + " " + strings.Repeat("y", 30) + "\n" + strings.Repeat(" ", len(name)) + "(default: 0)\n"},
		{"   no flag " + strings.Repeat(word, 3) + "\n", "   no flag " + strings.Repeat(word, 3) + "\n"},
	} {
		if got := broken(test.line); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.line, got, test.want)
		}
	}
}

// TestFlagHelp checks that each flag has a help text, and that it is not longer than
// helpColumns characters.
func TestFlagHelp(t *testing.T) {
	seen := make(map[string]bool)
	var check func(verbs []*cli.Command)
	check = func(verbs []*cli.Command) {
		for _, verb := range verbs {
			for _, f := range verb.Flags {
				flag, ok := f.(cli.DocGenerationFlag)
				visible, hides := f.(cli.VisibleFlag)
				if !ok || hides && !visible.IsVisible() || seen[f.Names()[0]+flag.GetUsage()] {
					continue
				}
				seen[f.Names()[0]+flag.GetUsage()] = true
				if n := utf8.RuneCountInString(flag.GetUsage()); n == 0 || n > helpColumns {
					t.Errorf("the help of --%s of %s has %d characters: %s", f.Names()[0], verb.Name, n, flag.GetUsage())
				}
			}
			check(verb.Subcommands)
		}
	}
	check(allVerbs(""))
	for _, r := range recipes.List() {
		check(allVerbs(r.Name))
	}
}
