package cmd

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gaetrain/cmd/configfile"
	"gaetrain/viz/plain"
)

// hostile is part of every name in TestNames. It sets the title of a terminal, erases its
// line, breaks lines and columns, and reverses the direction of text. All its bytes are
// allowed in the name of a file.
const hostile = "x\x1b]0;owned\x07\r\x1b[K\n\ty\u202e\u2066\u200b\u2028\u009bz"

// shownHostile is how it is shown on one line.
const shownHostile = `x\u001b]0;owned\u0007\r\u001b[K\n\ty\u202e\u2066\u200b\u2028\u009bz`

// TestNames gives hostile names to classes, files, runs and data sets. They must be
// escaped in everything that the verbs print, in pages and in SVG pictures.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data"+hostile)
	for class, name := range []string{"a", "b"} {
		folder := filepath.Join(data, name+hostile)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Skip("the file system refuses the name: ", err)
		}
		for i := range 40 {
			writeGray(t, filepath.Join(folder, string(rune('A'+i))+hostile+"\xff.png"), uint8(100*class+i))
		}
	}
	run, out := filepath.Join(dir, "run"+hostile), filepath.Join(dir, "out"+hostile)
	own := filepath.Join(data, "a"+hostile, "A"+hostile+"\xff.png")
	set := []string{"--dataset", "folder:" + data}
	train := append([]string{"train", "--hidden", "6", "--code", "3", "--batch-size", "8", "--epochs", "1", "--pictures", "1", "--run"}, run)
	train = append(train, set...)
	of := []string{"--run", run}
	for _, test := range []struct {
		args []string
		code int
		want []string // in what is printed
	}{
		{train, 0, []string{"run" + shownHostile, "(1 epoch"}},
		{slices.Concat(train, []string{"--log-format", "json"}), 2, []string{"run"}},
		{slices.Concat(train, []string{"--resume", "--epochs", "2", "--log-format", "json"}), 0, []string{"data"}},
		{[]string{"train", "--dataset", "folder:" + data + "\xff"}, 2, []string{`data`, "is not UTF-8"}},
		{append([]string{"eval"}, of...), 0, []string{"data" + shownHostile}},
		{append([]string{"eval", "--json"}, of...), 0, nil},
		{append([]string{"encode", "--picture", "--points", "4", "--perplexity", "1", "--out", out}, of...), 0, []string{"out" + shownHostile + ".npy"}},
		{append([]string{"reconstruct", "--images", own, "--out", out + "-pairs.png"}, of...), 0, []string{"A" + shownHostile + `\xff.png` + "\t0."}},
		{append([]string{"search", "--query", "0,1", "--neighbours", "2", "--queries", "2"}, of...), 0, []string{"run" + shownHostile}},
		{append([]string{"cluster", "--clusters", "2"}, of...), 0, []string{"data" + shownHostile}},
		{[]string{"finetune", "--from", run, "--epochs", "1", "--run", run + "2"}, 0, []string{"a" + shownHostile + "  ", "b" + shownHostile + "  "}},
		{[]string{"train", "--dataset", "folder:" + data + "/missing"}, 3, []string{"missing"}},
		{[]string{"train", "--dataset", hostile}, 2, nil},
		{[]string{"train", "--" + hostile}, 2, nil},
		{[]string{hostile}, 2, nil},
		{[]string{"train", "--config", out}, 2, nil},
		{[]string{"eval", "--run", out}, 5, nil},
		{[]string{"compare", "--runs", run + "," + out}, 5, nil},
		{[]string{"help", hostile}, 2, nil},
		{[]string{"models", hostile}, 2, nil},
	} {
		var stdout, stderr bytes.Buffer
		code := Run(append([]string{"gaetrain"}, test.args...), &stdout, &stderr)
		name := plain.Line(strings.Join(test.args, " "))
		if code != test.code {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, test.code, &stderr)
		}
		printed := stdout.String() + stderr.String()
		allVisible(t, name, printed)
		for _, want := range test.want {
			if !strings.Contains(printed, want) {
				t.Errorf("%s prints no %q: %q", name, want, printed)
			}
		}
		if code != 0 && strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: more than one line: %q", name, &stderr)
		}
		if slices.Contains(test.args, "--json") && !json.Valid(stdout.Bytes()) {
			t.Errorf("%s: no JSON: %q", name, &stdout)
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "run*", "*.[hs]*"))
	if err != nil || len(pages) < 4 {
		t.Fatalf("pages %q, %v", pages, err)
	}
	for _, page := range pages {
		if ending := filepath.Ext(page); ending == ".html" || ending == ".svg" {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			allVisible(t, plain.Line(page), string(text))
		}
	}
	table, err := os.Open(out + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if _, err := csv.NewReader(table).ReadAll(); err != nil {
		t.Error(err)
	}
}

// TestNamesInConfig reads a hostile name back from the output of config.
func TestNamesInConfig(t *testing.T) {
	const name = "folder:" + hostile + "\x7f\U000e0041\"\\"
	var first, second, stderr bytes.Buffer
	if code := Run([]string{"gaetrain", "config", "--dataset", name}, &first, &stderr); code != 0 {
		t.Fatal(&stderr)
	}
	allVisible(t, "config", first.String())
	values, err := configfile.Parse(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(values, func(v configfile.Value) bool { return v.Key == "dataset" })
	if at < 0 || values[at].Text != name {
		t.Errorf("%q is not read back: %+v", name, values)
	}
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, first.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	code := Run([]string{"gaetrain", "config", "--config", file}, &second, &stderr)
	again, err := configfile.Parse(second.Bytes())
	if code != 0 || err != nil || !slices.EqualFunc(values, again, func(a, b configfile.Value) bool { return a.Key == b.Key && a.Text == b.Text }) {
		t.Errorf("exit code %d, %v: %s", code, err, &stderr)
	}
}

// allVisible checks that text has no hidden runes except for line feeds and tabs.
func allVisible(t *testing.T, name, text string) {
	t.Helper()
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\t' }) {
		if plain.Line(line) != line {
			t.Errorf("%s: a name is not escaped: %q", name, line)
		}
	}
}

func writeGray(t *testing.T, path string, shade uint8) {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 6, 6))
	for i := range picture.Pix {
		picture.SetGray(i%6, i/6, color.Gray{Y: shade + uint8(i)})
	}
	file, err := os.Create(path)
	if err != nil {
		t.Skip("the file system refuses the name: ", err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}

// TestPrinting checks that verbs print only with printf and table, which escape names.
// With the functions of fmt, a name could break lines and columns.
func TestPrinting(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 30 {
		t.Fatalf("files %q, %v", files, err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if name == "print.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(spellOf(s), "fmt.Fprint") {
				t.Errorf("%s: %s; hint: printf", set.Position(s.Pos()), spellOf(s))
			}
			return true
		})
	}
}

func spellOf(s *ast.SelectorExpr) string {
	of, _ := s.X.(*ast.Ident)
	if of == nil {
		return ""
	}
	return of.Name + "." + s.Sel.Name
}
