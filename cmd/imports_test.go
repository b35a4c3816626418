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

// The tables of this file list which package may import which. A name stands for one
// package. "name/..." stands for the package and all packages below it.

const project = "gaetrain"

// allowed lists the packages of the project that each package may import. The first
// matching line applies. A package without a matching line needs a new line.
var allowed = []struct {
	packages string
	imports  []string
}{
	{"cmd/gaetrain", []string{"cmd"}},
	{"cmd/configfile", []string{"loaders/files", "trainer/sweep"}},
	{"cmd/...", []string{"cmd/configfile", "trainer/...", "viz/...", "graph/...", "loaders/..."}},
	{"trainer", []string{"trainer/settings", "graph/...", "loaders/..."}},
	{"trainer/settings", nil},
	{"trainer/recipes/...", []string{"trainer", "trainer/settings", "graph/...", "loaders"}},
	{"trainer/pictures/...", []string{"trainer", "trainer/evaluate", "trainer/compression", "trainer/export", "trainer/settings", "graph/...", "loaders/...", "viz/..."}},
	{"trainer/evaluate/...", []string{"graph/kernel/...", "loaders", "loaders/memory"}},
	{"trainer/compression", []string{"graph/kernel"}},
	{"trainer/export", []string{"trainer", "trainer/settings", "trainer/wire", "graph", "graph/kernel", "graph/latent", "graph/trace/...", "loaders", "loaders/files", "viz/plain"}},
	{"trainer/tensorboard", []string{"trainer", "trainer/settings", "trainer/pictures", "trainer/wire", "loaders", "loaders/files", "viz/plain"}},
	{"trainer/watch", []string{"trainer", "trainer/pictures", "loaders", "viz/page", "viz/plain"}},
	{"trainer/wire", nil},
	{"trainer/sweep", []string{"trainer"}},
	{"trainer/measure/...", []string{"trainer", "trainer/evaluate", "trainer/compression", "loaders"}},
	{"viz/...", []string{"viz/...", "loaders/files"}},
	{"graph", []string{"graph/trace", "graph/op/...", "graph/kernel/..."}},
	{"graph/trace", nil},
	{"graph/trace/compute", []string{"graph/trace", "graph/kernel"}},
	{"graph/layer", []string{"graph", "graph/trace", "graph/op/...", "graph/kernel/..."}},
	{"graph/latent", []string{"graph", "graph/trace", "graph/op/...", "graph/kernel/..."}},
	{"graph/op/...", []string{"graph/kernel/..."}},
	{"graph/kernel", nil},
	{"graph/kernel/...", []string{"graph/kernel"}},
	{"loaders/files", nil},
	{"loaders/memory", nil},
	{"loaders/...", []string{"loaders/...", "graph/kernel/..."}},
	{"scripts/...", []string{"trainer/...", "graph/...", "loaders/...", "viz/..."}},
}

// outside lists which packages may import packages of other projects. All packages may
// import the packages that are not in the list.
var outside = []struct {
	imported string
	users    []string
	why      string
}{
	{"github.com/urfave/cli/...", []string{"cmd"}, "verbs and flags belong to cmd"},
	{"github.com/kelseyhightower/envconfig", []string{"cmd"}, "the environment is read in cmd alone"},
	{"github.com/schollz/progressbar/...", []string{"cmd"}, "the terminal belongs to cmd"},
	{"golang.org/x/term", []string{"cmd"}, "the terminal belongs to cmd"},
	{"flag", []string{"scripts/..."}, "flags are parsed in cmd, by urfave/cli"},
	{"log/...", []string{"cmd", "scripts/..."}, "packages return errors, only cmd logs"},
	{"os/signal", []string{"cmd", "scripts/..."}, "signals are caught in cmd, other packages take contexts"},
	{"gorgonia.org/...", []string{"graph", "graph/op/..."}, usesGorgonia},
	{"github.com/chewxy/...", []string{"graph", "graph/op/..."}, usesGorgonia},
	{"github.com/mmcloughlin/avo/...", nil, "the generator of the kernels is a module of its own"},
}

const usesGorgonia = "only graph uses Gorgonia"

// process lists the names by which a package would read flags, the environment or
// the terminal, write to the terminal, or end the process.
var process = []string{
	"os.Args", "os.Stdin", "os.Stdout", "os.Stderr", "os.Exit",
	"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv",
	"fmt.Print", "fmt.Printf", "fmt.Println", "fmt.Scan", "fmt.Scanf", "fmt.Scanln",
}

// fits reports whether a pattern matches a package.
func fits(pattern, name string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return name == base || below && strings.HasPrefix(name, base+"/")
}

func anyFits(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return fits(pattern, name) })
}

// problem returns what is wrong about an import of one package by another, or "".
// The names are those of the tables. Tests of trainer/recipes may import all of
// trainer and what trainer may import, and so on. Tests may parse flags, examples
// may log, and the example of trainer/recipes has an operation of its own.
func problem(from, to string, test bool) string {
	if to == project || strings.HasPrefix(to, project+"/") {
		return problemInside(from, strings.TrimPrefix(to, project+"/"), test)
	}
	for _, b := range outside {
		if !fits(b.imported, to) || anyFits(b.users, from) || test && (to == "flag" || to == "log" || from == "trainer/recipes" && b.why == usesGorgonia) {
			continue
		}
		if len(b.users) == 0 {
			return fmt.Sprintf("%s may not import %s: %s", from, to, b.why)
		}
		return fmt.Sprintf("%s may not import %s: %s; hint: only %s may", from, to, b.why, strings.Join(b.users, ", "))
	}
	return ""
}

func problemInside(from, to string, test bool) string {
	top, _, _ := strings.Cut(from, "/")
	if test && (fits(top+"/...", to) || top != from && problemInside(top, to, true) == "") {
		return ""
	}
	for _, r := range allowed {
		if !fits(r.packages, from) {
			continue
		}
		switch {
		case anyFits(r.imports, to):
			return ""
		case len(r.imports) == 0:
			return fmt.Sprintf("%s may not import %s: it imports nothing of the project", from, to)
		}
		return fmt.Sprintf("%s may not import %s; hint: of the project it may import %s", from, to, strings.Join(r.imports, ", "))
	}
	return fmt.Sprintf("%s is not in the table of packages; hint: give it a line in cmd/imports_test.go", from)
}

// TestImports checks the imports of every file of the module.
func TestImports(t *testing.T) {
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

// enter skips folders that hold other modules, hidden files or test data.
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

// inspect reports the problems of one file.
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
		if wrong := problem(from, to, test); wrong != "" {
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

// TestProblem checks that TestImports can fail.
func TestProblem(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool
		want     string // part of what is wrong; "" for nothing
	}{
		{"cmd/gaetrain", "gaetrain/cmd", false, ""},
		{"cmd/gaetrain", "gaetrain/trainer", false, "may not import"},
		{"cmd", "gaetrain/trainer/recipes", false, ""},
		{"cmd", "os/signal", false, ""},
		{"trainer", "gaetrain/graph/kernel", false, ""},
		{"trainer", "gaetrain/viz", false, "may not import"},
		{"trainer", "gaetrain/trainer/pictures", false, "may not import"},
		{"trainer", "gaetrain/trainer/recipes", true, ""},
		{"trainer", "gaetrain/cmd", true, "may not import"},
		{"trainer", "gorgonia.org/gorgonia", false, "only graph, graph/op/... may"},
		{"trainer", "log/slog", false, "only cmd logs"},
		{"trainer", "gaetrain/trainer/settings", false, ""},
		{"trainer/settings", "gaetrain/trainer", false, "imports nothing of the project"},
		{"trainer/pictures", "gaetrain/viz", false, ""},
		{"trainer/watch", "gaetrain/viz", false, "may not import"},
		{"cmd", "gaetrain/trainer/measure", false, ""},
		{"trainer/measure", "gaetrain/trainer/compression", false, ""},
		{"trainer/measure", "gaetrain/trainer/pictures", false, "may not import"},
		{"trainer/measure", "gaetrain/graph", false, "may not import"},
		{"trainer/evaluate", "gaetrain/trainer/measure", false, "may not import"},
		{"trainer/recipes", "gaetrain/viz", true, "may not import"},
		{"trainer/recipes", "gaetrain/loaders", false, ""},
		{"trainer/recipes", "gaetrain/loaders/files", false, "may not import"},
		{"trainer/evaluate", "gaetrain/graph/kernel", false, ""},
		{"trainer/evaluate", "gaetrain/trainer", false, "may not import"},
		{"trainer", "gaetrain/trainer/evaluate", false, "may not import"},
		{"viz", "gaetrain/graph/kernel", false, "may not import"},
		{"viz", "flag", true, ""},
		{"viz", "flag", false, "flags are parsed in cmd"},
		{"loaders", "gaetrain/graph/kernel", false, ""},
		{"loaders", "gaetrain/graph", true, "may not import"},
		{"graph", "gaetrain/loaders", true, "may not import"},
		{"graph/op", "gorgonia.org/tensor", false, ""},
		{"graph/op", "gaetrain/graph", false, "may not import"},
		{"graph/layer", "gaetrain/graph", false, ""},
		{"graph", "gaetrain/graph/layer", false, "may not import"},
		{"graph/kernel", "gaetrain/graph/op", false, "imports nothing of the project"},
		{"graph/kernel", "github.com/mmcloughlin/avo/build", false, "module of its own"},
		{"graph/kernels", "gaetrain/graph", false, "not in the table"},
		{"loaders", "github.com/kelseyhightower/envconfig", false, "only cmd may"},
	} {
		got := problem(c.from, c.to, c.test)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("problem(%s, %s, %t) = %q, want %q in it", c.from, c.to, c.test, got, c.want)
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
