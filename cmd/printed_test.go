//go:build unix

package cmd

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// This file tests the commands that the program, its documents and its messages print.
// The commands of the documents and the examples of all verbs are run, see
// printedrun_test.go. The commands of docs/results.md and docs/gallery.md, which train on
// full data sets, and the commands within sentences are only parsed.

// printed is a command and where it is printed.
type printed struct{ where, command string }

// documents are the files that print commands.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../docs/*.md")
	if err != nil || len(list) < 3 {
		t.Fatalf("documents %q, %v", list, err)
	}
	return append(list, "../README.md")
}

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	codeSpan   = regexp.MustCompile("`([^`\n]*)`")
	comment    = regexp.MustCompile(`(^|\s+)# .*`)
	example    = regexp.MustCompile(`(?m)^   (.*gaetrain .*)$`)
)

// commandsIn lists the commands in the shell blocks of a document, or in the code
// within its sentences.
func commandsIn(t *testing.T, path string, spans bool) (list []printed) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	if spans {
		for _, span := range codeSpan.FindAllSubmatch(shellBlock.ReplaceAll(text, nil), -1) {
			lines = append(lines, string(span[1]))
		}
	} else {
		for _, block := range shellBlock.FindAllSubmatch(text, -1) {
			lines = append(lines, strings.Split(strings.ReplaceAll(string(block[1]), "\\\n", " "), "\n")...)
		}
	}
	for _, line := range lines {
		line = strings.ReplaceAll(comment.ReplaceAllString(line, ""), "go run ./cmd/gaetrain", "gaetrain")
		if words := strings.Fields(line); len(words) > 1 && slices.Contains(words[:len(words)-1], "gaetrain") && words[0] != "docker" && words[0] != "go" && !strings.Contains(words[0], "/") {
			list = append(list, printed{path, line})
		}
	}
	return list
}

// examples lists the examples in the help of the verbs, by verb.
func examples(verbs []*cli.Command) (all [][]printed) {
	for _, verb := range verbs {
		var list []printed
		for _, match := range example.FindAllStringSubmatch(verb.Description, -1) {
			list = append(list, printed{"help " + verb.Name, comment.ReplaceAllString(match[1], "")})
		}
		all = append(append(all, list), examples(verb.Subcommands)...)
	}
	return all
}

// TestParsedCommands parses the commands that are too large to run, or that stand within
// sentences.
func TestParsedCommands(t *testing.T) {
	count := 0
	for _, path := range documents(t) {
		for _, p := range slices.Concat(commandsIn(t, path, false), commandsIn(t, path, true)) {
			parse(t, p)
			count++
		}
	}
	for _, p := range messages(t) {
		parse(t, p)
		count++
	}
	if count < 120 {
		t.Errorf("only %d commands were found", count)
	}
}

// parse parses a command with all flags and values. For train, config and bench, it also
// checks that the model has the settings.
func parse(t *testing.T, p printed) {
	t.Helper()
	for part := range strings.SplitSeq(p.command, "&&") {
		words := splitWords(part)
		at := slices.Index(words, "gaetrain")
		if at < 0 || len(words) < at+2 || words[at+1] == "VERB" || slices.Contains(words, "shrinkage") { // the model of an example
			continue
		}
		words = words[at:]
		if i := slices.Index(words, "--more-epochs"); i >= 0 && i+1 < len(words) {
			words = slices.Delete(slices.Clone(words), i, i+2) // needs a run that exists
		}
		model, err := namedModel(words)
		if err != nil {
			t.Errorf("%s prints %q: %v", p.where, p.command, err)
			continue
		}
		app := newApp(needed(model, words), io.Discard, io.Discard)
		words = arrange(app.Commands, words)
		dry(app.Commands)
		if err := app.Run(words); err != nil {
			t.Errorf("%s prints %q: %v", p.where, p.command, err)
		}
	}
}

// dry changes verbs so that they only read their settings.
func dry(verbs []*cli.Command) {
	for _, verb := range verbs {
		dry(verb.Subcommands)
		takes := verb.ArgsUsage != ""
		verb.Action = func(c *cli.Context) error {
			if verb.Name == "train" || verb.Name == "config" {
				_, _, err := resolve(c)
				return err
			}
			if c.Args().Present() && !takes {
				return fmt.Errorf("%w: argument %q", errUsage, c.Args().First())
			}
			return nil
		}
	}
}

// splitWords splits a command as a shell does, up to a redirection or a pipe.
func splitWords(command string) (words []string) {
	for _, word := range regexp.MustCompile(`'[^']*'|[^\s']+`).FindAllString(command, -1) {
		if regexp.MustCompile(`^(\||[0-9]?>)`).MatchString(word) || word == "..." || word == "…" {
			break
		}
		words = append(words, strings.Trim(word, "'"))
	}
	return words
}

var (
	named       = regexp.MustCompile(`gaetrain (?:study labels|datasets (?:list|fetch|verify|describe)|[a-z]+)((?: --[a-z-]+(?:[ =][^-\s;'")][^\s;'")]*)?)*)`)
	placeholder = regexp.MustCompile(`%[a-z]`)
)

// TestMentionedFlags checks that the flags in the documents and in the texts of the program
// are flags of a verb.
func TestMentionedFlags(t *testing.T) {
	known := []string{"--help", "--version", "--rm", "--build-arg", "--signal", "--full", "--peers", "--logdir", "--array", "--time"} // also of docker, Slurm, scripts/reproduce and TensorBoard
	for _, verb := range allVerbs("") {
		known = append(known, flagNames(verb)...)
	}
	flag, count := regexp.MustCompile(`--[a-z][a-z0-9-]*`), 0
	check := func(where, text string) {
		for _, name := range flag.FindAllString(text, -1) {
			count++
			if !slices.Contains(known, name) {
				t.Errorf("%s mentions the unknown flag %s", where, name)
			}
		}
	}
	for _, path := range documents(t) {
		if strings.HasPrefix(filepath.Base(path), "performance") { // they name flags of scripts/bench
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range codeSpan.FindAllString(shellBlock.ReplaceAllString(string(text), ""), -1) {
			check(path, span)
		}
	}
	literals(t, check)
	if count < 200 {
		t.Errorf("only %d flags were found", count)
	}
}

// messages lists the commands in the texts of the program. Some sentences also begin with
// "gaetrain", so a word that is not a verb is a command only if flags follow.
func messages(t *testing.T) (list []printed) {
	t.Helper()
	known := verbNames()
	literals(t, func(where, text string) {
		text, _, _ = strings.Cut(text, "EXAMPLE") // whose commands are run
		for _, match := range named.FindAllStringSubmatch(text, -1) {
			if verb := strings.Fields(match[0])[1]; slices.Contains(known, verb) || match[1] != "" {
				list = append(list, printed{where, placeholder.ReplaceAllString(match[0], "x")})
			}
		}
	})
	return list
}

// literals visits the string literals of the program.
func literals(t *testing.T, visit func(where, text string)) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && slices.Contains([]string{"scripts", "testdata", "viz", ".git"}, entry.Name()) {
			return fs.SkipDir
		}
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				visit(set.Position(literal.Pos()).String(), text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
