package cmd

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/multi"

	"gaetrain/trainer/recipes"
)

// TestGraphOfEveryModel draws every model with both details. The SVG must be well-formed XML
// with the title, and the DOT file must be read by a parser.
func TestGraphOfEveryModel(t *testing.T) {
	for _, r := range recipes.List() {
		for _, detail := range []string{layersDetail, operationsDetail} {
			t.Run(r.Name+" "+detail, func(t *testing.T) {
				t.Parallel()
				out := filepath.Join(t.TempDir(), "graph")
				var stdout, stderr strings.Builder
				args := []string{"gaetrain", "graph", "--model", r.Name, "--detail", detail, "--out", out}
				if err := newApp(needed("", args), &stdout, &stderr).Run(args); err != nil || stderr.Len() > 0 {
					t.Fatalf("%v, %s", err, &stderr)
				}
				checkXML(t, out+".svg", r.Name+" for images of ")
				text, err := os.ReadFile(out + ".dot")
				if err != nil {
					t.Fatal(err)
				}
				parsed := multi.NewDirectedGraph()
				if err := dot.UnmarshalMulti(text, parsed); err != nil {
					t.Fatal(err)
				}
				if nodes, arrows := parsed.Nodes().Len(), strings.Count(string(text), " -> "); nodes < 5 || parsed.Edges().Len() == 0 || arrows < nodes-3 {
					t.Errorf("%d nodes and %d arrows", nodes, arrows)
				}
				if has := strings.Contains(string(text), "gradient of "); has != (detail == operationsDetail) {
					t.Errorf("gradients: %t", has)
				}
			})
		}
	}
}

// checkXML checks that a file is well-formed XML whose title has the given beginning.
func checkXML(t *testing.T, path, title string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := xml.NewDecoder(file)
	titled := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok && strings.HasPrefix(string(text), title) {
			titled = true
		}
	}
	if !titled {
		t.Errorf("%s has no title %q", path, title)
	}
}

// FuzzShape reads shapes. A shape that is read is written so that it is read again.
func FuzzShape(f *testing.F) {
	for _, text := range []string{"", "30", "28x28", "3x64x64", "1x2x3x4", "0x1", "99999x99999x99999", "-1", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var shape, again itemShape
		if err := shape.UnmarshalText([]byte(text)); err != nil {
			if shape != (itemShape{}) || !strings.Contains(err.Error(), "hint: ") {
				t.Errorf("%q: %v, error %v", text, shape, err)
			}
			return
		}
		if err := again.UnmarshalText([]byte(shape.String())); err != nil || again != shape {
			t.Errorf("%q is %v, but %q is %v, error %v", text, shape, shape.String(), again, err)
		}
	})
}
