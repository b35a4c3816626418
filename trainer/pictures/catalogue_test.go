package pictures

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestList lists the pictures of a run folder: one picture of each, without the files that
// are none, in the order of the catalogue.
func TestList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run [a]")
	if list, err := List(dir); len(list) > 0 || err != nil {
		t.Fatalf("a folder that does not exist has the pictures %v, %v", list, err)
	}
	for _, name := range []string{
		"curves.svg", "curves.png", "graph.svg", "report.html", "run.json",
		"pictures/reconstructions-0000.png", "pictures/reconstructions-0002.png", "pictures/reconstructions-10000.png", "pictures/reconstructions-9999.png",
		"pictures/reconstructions.gif", "pictures/samples-1-first-0003.png", "pictures/samples-2-second-0001.png", "pictures/samples.png", "pictures/samples-2.png", "pictures/samples-10.png",
		"pictures/features-1.png", "pictures/features-2.png", "pictures/clusters-codes.png", "pictures/clusters-codes-choice.png", "pictures/scores-mse.svg", "pictures/scores-mse.png",
		"pictures/scores-mse-2.svg", "pictures/scores-cross-entropy.svg", "pictures/anomalies.png", "pictures/anomalies-features.svg", "pictures/codes-tsne-3.svg", "pictures/filters-generator.png",
		"pictures/filters<img src=x>.png", "pictures/traversal.gif", "pictures/traversal.png", "pictures/notes.txt",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "pictures", "roc.png"), 0o755); err != nil { // a folder is no picture
		t.Fatal(err)
	}
	list, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		name, err := filepath.Rel(dir, p.Path)
		if err != nil || p.Caption == "" {
			t.Errorf("%s: %v, with the caption %q", p.Path, err, p.Caption)
		}
		got = append(got, filepath.ToSlash(name)+": "+p.Title+" "+p.Verb)
	}
	want := []string{
		"pictures/reconstructions-10000.png: Reconstructions ", "pictures/reconstructions.gif: Training ", "pictures/samples-2-second-0001.png: Samples ",
		"curves.svg: Curves ", "pictures/filters-generator.png: Generator ", "pictures/features-1.png: Feature maps of layer 1 ", "pictures/features-2.png: Feature maps of layer 2 ",
		"graph.svg: Expression graph ", "pictures/samples.png: More samples sample", "pictures/samples-2.png: More samples (2) sample", "pictures/samples-10.png: More samples (10) sample",
		"pictures/traversal.png: Traversal traverse", "pictures/codes-tsne-3.svg: t-SNE of the codes (3) encode", "pictures/clusters-codes-choice.png: Number of clusters of codes cluster",
		"pictures/clusters-codes.png: Clusters of codes cluster", "pictures/anomalies.png: Anomalies detect", "pictures/anomalies-features.svg: Features of anomalies detect",
		"pictures/scores-cross-entropy.svg: Anomaly score cross-entropy detect", "pictures/scores-mse.svg: Anomaly score mse detect", "pictures/scores-mse-2.svg: Anomaly score mse (2) detect",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCatalogue checks that each kind finds its files, and how captions are written.
func TestCatalogue(t *testing.T) {
	var files []string
	for _, kind := range catalogue {
		if !strings.HasSuffix(kind.Caption, ".") || strings.Count(kind.File, "*") != strings.Count(kind.Title, "*") {
			t.Errorf("%s: title %q, caption %q", kind.File, kind.Title, kind.Caption)
		}
		name := strings.NewReplacer("*", "x", "#", "0001").Replace(kind.File)
		if filepath.Ext(name) == "" {
			name += ".png"
		}
		files = append(files, filepath.Base(name))
	}
	for i, kind := range catalogue {
		found, others := kind.find(files)
		if len(found) != 1 || found[0].Path != files[i] {
			t.Errorf("%s finds %v among %v", kind.File, found, files)
		}
		files = append(make([]string, i+1), others[i:]...)
	}
}

// TestByNumbers checks the order of names with numbers.
func TestByNumbers(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"a-9", "a-10", -1}, {"a-09", "a-9", 0}, {"1-z-0003", "2-a-0001", -1}, {"a", "a-1", -1}, {"b", "a-1", 1}, {"10", "9a", 1}, {"", "", 0}} {
		if got := byNumbers(test.a, test.b); got != test.want || byNumbers(test.b, test.a) != -test.want {
			t.Errorf("%q and %q compare as %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
