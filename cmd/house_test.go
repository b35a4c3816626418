package cmd_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The house: which package may import which. Imports only go down. A name
// stands for one package; "name/..." stands for it and all below it.

const project = "gaetrain"

// rooms says what of the project each room may import. The first line that fits
// a package is its own; a package that fits none must be given a line.
var rooms = []struct {
	room    string
	imports []string
}{
	{"cmd/gaetrain", []string{"cmd"}},
	{"cmd/...", []string{"trainer/...", "viz/...", "graph/...", "loaders"}},
	{"trainer", []string{"trainer/settings", "graph/...", "loaders"}},
	{"trainer/settings", nil},
	{"trainer/recipes/...", []string{"trainer", "trainer/settings", "graph/..."}},
	{"trainer/pictures/...", []string{"trainer", "trainer/evaluate", "trainer/compression", "graph/...", "loaders", "viz/..."}},
	{"trainer/evaluate/...", []string{"graph/kernel", "loaders"}},
	{"trainer/compression", nil},
	{"viz/...", []string{"viz/..."}},
	{"graph", []string{"graph/op/...", "graph/kernel/..."}},
	{"graph/op/...", []string{"graph/kernel/..."}},
	{"graph/kernel", nil},
	{"graph/kernel/...", []string{"graph/kernel"}},
	{"loaders/...", []string{"loaders/...", "graph/kernel"}},
	{"scripts/...", []string{"trainer/...", "graph/...", "loaders", "viz/..."}},
}

// border says which packages may import what lies outside the project. What is
// not in the list is free to all.
var border = []struct {
	outside string
	users   []string
	why     string
}{
	{"github.com/urfave/cli/...", []string{"cmd"}, "verbs and flags belong to cmd"},
	{"github.com/kelseyhightower/envconfig", []string{"cmd"}, "the environment is read in cmd alone"},
	{"github.com/schollz/progressbar/...", []string{"cmd"}, "the terminal belongs to cmd"},
	{"golang.org/x/term", []string{"cmd"}, "the terminal belongs to cmd"},
	{"flag", []string{"scripts/..."}, "flags are parsed in cmd, by urfave/cli"},
	{"log/...", []string{"cmd", "scripts/..."}, "what lies below cmd returns errors and never logs by itself"},
	{"os/signal", []string{"cmd"}, "signals are caught in cmd, below it there are contexts"},
	{"gorgonia.org/...", []string{"graph", "graph/op/..."}, "Gorgonia ends at the border of graph"},
	{"github.com/chewxy/...", []string{"graph", "graph/op/..."}, "Gorgonia ends at the border of graph"},
	{"github.com/mmcloughlin/avo/...", nil, "the generator of the kernels is a module of its own"},
}

// process are the names by which a package would reach past its arguments, to
// flags, the environment, the terminal or the end of the process.
var process = []string{
	"os.Args", "os.Stdin", "os.Stdout", "os.Stderr", "os.Exit",
	"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv",
	"fmt.Print", "fmt.Printf", "fmt.Println", "fmt.Scan", "fmt.Scanf", "fmt.Scanln",
}

// fits reports whether a package is named by a pattern.
func fits(pattern, name string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return name == base || below && strings.HasPrefix(name, base+"/")
}

func anyFits(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return fits(pattern, name) })
}

// judge returns what is wrong about an import of one package by another, both
// named as in the tables, or "". Tests of trainer/recipes may import all of trainer
// and what trainer may, and so on; and tests may parse flags.
func judge(from, to string, test bool) string {
	if to == project || strings.HasPrefix(to, project+"/") {
		return judgeInside(from, strings.TrimPrefix(to, project+"/"), test)
	}
	for _, b := range border {
		if !fits(b.outside, to) || anyFits(b.users, from) || test && to == "flag" {
			continue
		}
		if len(b.users) == 0 {
			return fmt.Sprintf("%s may not import %s: %s", from, to, b.why)
		}
		return fmt.Sprintf("%s may not import %s: %s; hint: only %s may", from, to, b.why, strings.Join(b.users, ", "))
	}
	return ""
}

func judgeInside(from, to string, test bool) string {
	top, _, _ := strings.Cut(from, "/")
	if test && (fits(top+"/...", to) || top != from && judgeInside(top, to, true) == "") {
		return ""
	}
	for _, r := range rooms {
		if !fits(r.room, from) {
			continue
		}
		switch {
		case anyFits(r.imports, to):
			return ""
		case len(r.imports) == 0:
			return fmt.Sprintf("%s may not import %s: it stands on the ground and imports nothing of the project", from, to)
		}
		return fmt.Sprintf("%s may not import %s: imports only go down; hint: it may import %s", from, to, strings.Join(r.imports, ", "))
	}
	return fmt.Sprintf("%s has no room in the house; hint: give it a line in cmd/house_test.go", from)
}

// TestHouse holds the arrows of the house over every file of the module.
func TestHouse(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(name, entry)
		case path.Ext(name) != ".go":
			return nil
		}
		files++
		return inspect(t, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d Go files found: the test looks in the wrong place", files)
	}
}

// enter leaves out folders that hold other modules, hidden things or test data.
func enter(name string, entry fs.DirEntry) error {
	if name == ".." {
		return nil
	}
	if base := entry.Name(); base[0] == '.' || base[0] == '_' || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// inspect reports what is wrong in one file.
func inspect(t *testing.T, name string) error {
	fileSet := token.NewFileSet()
	file, err := parser.ParseFile(fileSet, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	from := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../")
	test := strings.HasSuffix(name, "_test.go")
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if wrong := judge(from, to, test); wrong != "" {
			t.Errorf("%s: %s", fileSet.Position(spec.Pos()), wrong)
		}
	}
	if !test && !fits("cmd/...", from) && !fits("scripts/...", from) {
		for _, at := range reaches(file) {
			t.Errorf("%s: %s may not use %s: only cmd reads flags, the environment and the terminal", fileSet.Position(at.Pos()), from, spell(at))
		}
	}
	return nil
}

// reaches lists the uses of process in a file.
func reaches(file *ast.File) (found []*ast.SelectorExpr) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(process, spell(s)) {
			found = append(found, s)
		}
		return true
	})
	return found
}

func spell(s *ast.SelectorExpr) string {
	if of, ok := s.X.(*ast.Ident); ok {
		return of.Name + "." + s.Sel.Name
	}
	return ""
}

// TestHouseJudges makes sure that TestHouse can fail.
func TestHouseJudges(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool
		want     string // part of what is wrong; "" for nothing
	}{
		{"cmd/gaetrain", "gaetrain/cmd", false, ""},
		{"cmd/gaetrain", "gaetrain/trainer", false, "imports only go down"},
		{"cmd", "gaetrain/trainer/recipes", false, ""},
		{"cmd", "os/signal", false, ""},
		{"trainer", "gaetrain/graph/kernel", false, ""},
		{"trainer", "gaetrain/viz", false, "imports only go down"},
		{"trainer", "gaetrain/trainer/pictures", false, "imports only go down"},
		{"trainer", "gaetrain/trainer/recipes", true, ""},
		{"trainer", "gaetrain/cmd", true, "imports only go down"},
		{"trainer", "gorgonia.org/gorgonia", false, "only graph, graph/op/... may"},
		{"trainer", "log/slog", false, "never logs"},
		{"trainer", "gaetrain/trainer/settings", false, ""},
		{"trainer/settings", "gaetrain/trainer", false, "imports nothing of the project"},
		{"trainer/pictures", "gaetrain/viz", false, ""},
		{"trainer/recipes", "gaetrain/viz", true, "imports only go down"},
		{"trainer/recipes", "gaetrain/loaders", false, "imports only go down"},
		{"trainer/recipes", "gaetrain/loaders", true, ""},
		{"trainer/evaluate", "gaetrain/graph/kernel", false, ""},
		{"trainer/evaluate", "gaetrain/trainer", false, "imports only go down"},
		{"trainer", "gaetrain/trainer/evaluate", false, "imports only go down"},
		{"viz", "gaetrain/graph/kernel", false, "imports only go down"},
		{"viz", "flag", true, ""},
		{"viz", "flag", false, "flags are parsed in cmd"},
		{"loaders", "gaetrain/graph/kernel", false, ""},
		{"loaders", "gaetrain/graph", true, "imports only go down"},
		{"graph", "gaetrain/loaders", true, "imports only go down"},
		{"graph/op", "gorgonia.org/tensor", false, ""},
		{"graph/op", "gaetrain/graph", false, "imports only go down"},
		{"graph/kernel", "gaetrain/graph/op", false, "stands on the ground"},
		{"graph/kernel", "github.com/mmcloughlin/avo/build", false, "module of its own"},
		{"graph/kernels", "gaetrain/graph", false, "has no room"},
		{"loaders", "github.com/kelseyhightower/envconfig", false, "only cmd may"},
	} {
		got := judge(c.from, c.to, c.test)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("judge(%s, %s, %t) = %q, want %q in it", c.from, c.to, c.test, got, c.want)
		}
	}
	const source = "package p\nimport \"os\"\nvar home, args = os.Getenv(\"HOME\"), os.Args\n"
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if found := reaches(file); len(found) != 2 {
		t.Errorf("%d reaches found in %q, want 2", len(found), source)
	}
}
