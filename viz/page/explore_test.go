package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"image"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/viz"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

// hostile is a name that would end a script, start another one, or reverse the text.
const hostile = `</script><img src=x onerror=alert(1)><!-- & "quoted" ` + "\u202egnp\u2028"

// explorable is a report with all parts that need scripts.
func explorable(t *testing.T) page.Report {
	t.Helper()
	var sheet bytes.Buffer
	if err := viz.EncodePNG(&sheet, image.NewGray(image.Rect(0, 0, 4, 6))); err != nil {
		t.Fatal(err)
	}
	items := page.Items{Sheet: sheet.Bytes(), Columns: 2, Width: 2, Height: 2}
	names := page.Labels([]string{hostile, "b"})
	return page.Report{
		Title: hostile, Verdict: []string{hostile}, Playground: json.RawMessage("{\"name\":\"\\u003c/script\\u003e \u202egnp\"}"),
		Films:  []page.Film{{Title: hostile, Fixed: names[:1], Rows: names[:1], Frames: names, Names: names, Items: items, Still: sheet.Bytes()}},
		Curves: &page.Curves{Series: []page.Series{{Name: hostile, Unit: hostile, Split: "test", X: []float64{1}, Y: []float64{2}}}, Marks: []page.Mark{{X: 1, Label: hostile}}, Stages: []page.Span{{Name: hostile}}},
		Points: &page.Points{Places: []page.Places{{Name: hostile, Note: hostile, X: []float32{1, 2}, Y: []float32{3, 4}}}, Classes: names, Labels: []int{0, 1}, Names: names, Items: page.Items{Lines: [][]float32{{1, 2}, {0.123456789, 4}}}},
		Errors: &page.Errors{Caption: hostile, Classes: []page.ClassError{{Name: hostile, Value: "1", Share: 0.5}}, Groups: []page.Group{{Title: hostile, Items: []page.Example{{Name: hostile, Note: hostile, Tiles: []page.Tile{
			{Name: hostile, PNG: sheet.Bytes(), Width: 4, Height: 6}, {Name: hostile, Lines: [][]float32{{0, 1, 0.5}}, High: 1},
		}}}}}},
	}
}

// data returns the JSON in a page that the scripts read.
func data(t *testing.T, page string) (all map[string]any) {
	t.Helper()
	_, text, ok := strings.Cut(page, `<script type="application/json" id="data">`)
	if !ok {
		t.Fatal("the page has no data")
	}
	text, _, _ = strings.Cut(text, "</script>")
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHostileNames checks that names stay text in a page with scripts.
func TestHostileNames(t *testing.T) {
	text := string(render(t, explorable(t).HTML))
	if n := strings.Count(text, "<script"); n != 3 {
		t.Errorf("the page has %d scripts, want 3", n)
	}
	for _, never := range []string{"<img src=x", "onerror=alert(1)>", "ZgotmplZ", "\u202e"} {
		if strings.Contains(text, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if !strings.Contains(text, `\u003c/script\u003e \\u202egnp`) {
		t.Error("the playground has other names")
	}
	film := data(t, text)["films"].([]any)[0].(map[string]any)
	if got, want := film["names"].([]any)[0], plain.Line(hostile); got != want {
		t.Errorf("a name is %q, want %q", got, want)
	}
}

// TestPolicy checks that the page allows its own script and nothing else.
func TestPolicy(t *testing.T) {
	text := string(render(t, explorable(t).HTML))
	_, script, _ := strings.Cut(text, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	digest := sha256.Sum256([]byte(script))
	if policy := "script-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(digest[:]), "+", "&#43;") + "&#39;"; !strings.Contains(text, policy) {
		t.Errorf("the policy does not allow the script: %s", policy)
	}
	if found := regexp.MustCompile(`(?i)(?:src|href)="(?:https?:)?//`).FindString(text); found != "" {
		t.Errorf("the page loads %s", found)
	}
}

// TestScripts checks that no rune of the scripts is hidden, because pages escape hidden runes.
func TestScripts(t *testing.T) {
	for _, text := range []string{page.ReportScript(), page.StyleSheet} {
		for i, line := range strings.Split(text, "\n") {
			if line = strings.ReplaceAll(line, "\t", ""); plain.Line(line) != line {
				t.Errorf("line %d has a hidden rune: %.80q", i+1, line)
			}
		}
		if strings.Contains(text, "</script") || strings.Contains(text, "<!--") {
			t.Error("a script has the end of a script")
		}
	}
}

func TestData(t *testing.T) {
	r := explorable(t)
	got := data(t, string(render(t, r.HTML)))
	points := got["points"].(map[string]any)
	want := map[string]any{"lines": []any{[]any{1., 2.}, []any{0.12346, 4.}}}
	if diff := cmp.Diff(want, points["items"]); diff != "" {
		t.Error(diff)
	}
	film := got["films"].([]any)[0].(map[string]any)
	if film["across"] != 2. || film["items"].(map[string]any)["width"] != 2. {
		t.Errorf("the film is %v", film)
	}
	r.Films[0].Items = page.Items{Lines: make([][]float32, 6)} // a fixed row, and two frames of one row
	if film := data(t, string(render(t, r.HTML)))["films"].([]any)[0].(map[string]any); film["across"] != 2. {
		t.Errorf("a film of numbers has %v items in a row, want 2", film["across"])
	}
}

func TestPolylines(t *testing.T) {
	for _, test := range []struct {
		tile page.Tile
		want []string
	}{
		{page.Tile{Lines: [][]float32{{0, 1, 2}, {-1, 5}}, High: 2}, []string{"0.0,56.0 80.0,28.0 160.0,0.0", "0.0,56.0 160.0,0.0"}}, // the second one leaves the axis
		{page.Tile{Lines: [][]float32{{3}}, Low: 3, High: 3}, []string{"0.0,28.0"}},
		{page.Tile{}, nil},
	} {
		if diff := cmp.Diff(test.want, test.tile.Polylines()); diff != "" {
			t.Error(diff)
		}
	}
}
