package page_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gaetrain/viz"
	"gaetrain/viz/page"
	"gaetrain/viz/plain"
)

func TestReport(t *testing.T) {
	var picture bytes.Buffer
	if err := viz.EncodePNG(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, picture.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	r := page.Report{
		Title: "<script>alert(1)</script>", Subtitle: "run 3", Summary: "A & B", Citation: "Nobody, 2014",
		Figures:       []page.Figure{{"loss", "1.5", "nats per image", "lower is \"better\""}},
		Configuration: []page.Setting{{"model", "<vae>", "flag", false}, {"seed", "1", "default", true}},
		Verdict:       []string{"It fails most on </p><b>Bag</b>."},
		Pictures: []page.Picture{
			{Title: "Reconstructions", Caption: "after <3> epochs", Path: path},
			{Title: "Curves", Alt: "two falling lines", Data: render(t, viz.Curves{Series: []viz.Series{{Name: "loss", Split: "train", X: []float64{1, 2}, Y: []float64{2, 1}}}}.SVG)},
		},
		Attribution: []string{"Data by someone"}, Command: "gaetrain train --model vae && true",
		Created: time.Date(2026, 3, 2, 10, 30, 0, 0, time.FixedZone("CET", 3600)), Version: "v1.2.3",
	}
	text := string(render(t, r.HTML))
	for _, want := range []string{
		"&lt;script&gt;alert(1)&lt;/script&gt;", "A &amp; B", "&lt;vae&gt;", "after &lt;3&gt; epochs", "lower is &#34;better&#34;",
		`src="data:image/png;base64,`, `src="data:image/svg&#43;xml;base64,`, `alt="two falling lines"`, `alt="Reconstructions"`,
		"gaetrain train --model vae &amp;&amp; true", "2 March 2026, 09:30 UTC", `datetime="2026-03-02T09:30:00Z"`, "v1.2.3", "Data by someone",
		"prefers-color-scheme: dark", "@media print", `lang="en"`, "&lt;/p&gt;&lt;b&gt;Bag", "1 settings that were not chosen", "default-src &#39;none&#39;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(text, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if again := string(render(t, r.HTML)); again != text {
		t.Error("two pages of the same report differ")
	}
}

// TestHiddenText checks that pages and pictures are well-formed, and that a name in them
// cannot reverse the text around it.
func TestHiddenText(t *testing.T) {
	const name = "data\u202egnp.exe\u2066\x1b[2J\u200b"
	pages := map[string][]byte{
		"report": render(t, page.Report{
			Title: name, Subtitle: name, Summary: name, Citation: name, Warnings: []string{name}, Figures: []page.Figure{{name, name, name, name}},
			Configuration: []page.Setting{{name, name, name, true}, {name, name, name, false}}, Verdict: []string{name}, Attribution: []string{name}, Command: name, Version: name,
		}.HTML),
		"curves":  render(t, viz.Curves{Title: name, XLabel: name, Series: []viz.Series{{Name: name, Unit: name, Split: name, X: []float64{1, 2}, Y: []float64{1, 2}}}}.SVG),
		"lines":   render(t, viz.Lines{Title: name, XLabel: name, YLabel: name, Lines: []viz.Line{{Name: name, X: []float64{1, 2}, Y: []float64{1, 2}}}}.SVG),
		"scatter": render(t, viz.Scatter{Title: name, XLabel: name, X: []float64{1}, Y: []float64{2}, Classes: []uint16{0}, Names: []string{name}}.SVG),
		"diagram": render(t, viz.Diagram{Title: name, Nodes: []viz.Node{{ID: "a", Label: name, Detail: name, Kind: "new kind", Group: name}}}.SVG),
	}
	for kind, source := range pages {
		text := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\t' {
				return ' '
			}
			return r
		}, string(source))
		if plain.Line(text) != text {
			t.Errorf("%s: a hidden rune is left", kind)
		}
		if !strings.Contains(text, `\u202e`) {
			t.Errorf("%s: the name is gone", kind)
		}
	}
}

func TestReportOfNothing(t *testing.T) {
	text := string(render(t, page.Report{Title: "empty"}.HTML))
	for _, never := range []string{"<h2", "<footer", "<table", "<dl", "0001"} {
		if strings.Contains(text, never) {
			t.Errorf("an empty report has %q", never)
		}
	}
}

func TestReportPictureErrors(t *testing.T) {
	var out bytes.Buffer
	if err := (page.Report{Pictures: []page.Picture{{Title: "a", Data: []byte("plain text")}}}).HTML(&out); !errors.Is(err, page.ErrPicture) {
		t.Errorf("text as a picture: %v", err)
	}
	if err := (page.Report{Pictures: []page.Picture{{Title: "a", Path: filepath.Join(t.TempDir(), "none.png")}}}).HTML(&out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing picture: %v", err)
	}
	if out.Len() > 0 {
		t.Error("half a page was written")
	}
}

func render(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestSheets checks the grounds of pictures. An SVG with colours for dark screens must not be inverted on these.
func TestSheets(t *testing.T) {
	for want, data := range map[string]string{
		`class="sheet"`:        "\x89PNG\r\n\x1a\n",
		`class="sheet vector"`: `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		`class="sheet scheme"`: string(render(t, viz.Diagram{Title: "graph"}.SVG)),
	} {
		text := string(render(t, page.Report{Pictures: []page.Picture{{Title: "picture", Data: []byte(data)}}}.HTML))
		if !strings.Contains(text, want) {
			t.Errorf("the page of %.40q has no %s", data, want)
		}
	}
}
