package viz

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gaetrain/viz/plain"
)

func TestReport(t *testing.T) {
	var picture bytes.Buffer
	if err := EncodePNG(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, picture.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Report{
		Title: "<script>alert(1)</script>", Subtitle: "run 3", Summary: "A & B", Citation: "Nobody, 2014",
		Figures:       []Figure{{"loss", "1.5", "nats per image", "lower is \"better\""}},
		Configuration: []Setting{{"model", "<vae>", "flag"}},
		Pictures: []Picture{
			{Title: "Reconstructions", Caption: "after <3> epochs", Path: path},
			{Title: "Curves", Alt: "two falling lines", Data: render(t, Curves{Series: falling("loss", 3, 2, 1)}.SVG)},
		},
		Attribution: []string{"Data by someone"}, Command: "gaetrain train --model vae && true",
		Created: time.Date(2026, 3, 2, 10, 30, 0, 0, time.FixedZone("CET", 3600)), Version: "v1.2.3",
	}
	page := string(render(t, r.HTML))
	for _, want := range []string{
		"&lt;script&gt;alert(1)&lt;/script&gt;", "A &amp; B", "&lt;vae&gt;", "after &lt;3&gt; epochs", "lower is &#34;better&#34;",
		`src="data:image/png;base64,`, `src="data:image/svg&#43;xml;base64,`, `alt="two falling lines"`, `alt="Reconstructions"`,
		"gaetrain train --model vae &amp;&amp; true", "2 March 2026, 09:30 UTC", `datetime="2026-03-02T09:30:00Z"`, "v1.2.3", "Data by someone",
		"prefers-color-scheme: dark", "@media print", `lang="en"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if again := string(render(t, r.HTML)); again != page {
		t.Error("two pages of the same report differ")
	}
}

// TestHiddenText checks that pages and pictures are well-formed, and that a name in them
// cannot reverse the text around it.
func TestHiddenText(t *testing.T) {
	const name = "data\u202egnp.exe\u2066\x1b[2J\u200b"
	pages := map[string][]byte{
		"report": render(t, Report{
			Title: name, Subtitle: name, Summary: name, Citation: name, Warnings: []string{name}, Figures: []Figure{{name, name, name, name}},
			Configuration: []Setting{{name, name, name}}, Attribution: []string{name}, Command: name, Version: name,
		}.HTML),
		"curves":  render(t, Curves{Title: name, XLabel: name, Series: []Series{{name, name, name, []float64{1, 2}, []float64{1, 2}}}}.SVG),
		"lines":   render(t, Lines{Title: name, XLabel: name, YLabel: name, Lines: []Line{{Name: name, X: []float64{1, 2}, Y: []float64{1, 2}}}}.SVG),
		"scatter": render(t, Scatter{Title: name, XLabel: name, X: []float64{1}, Y: []float64{2}, Classes: []uint16{0}, Names: []string{name}}.SVG),
		"diagram": render(t, Diagram{Title: name, Nodes: []Node{{"a", name, name, "new kind", name}}}.SVG),
	}
	for kind, page := range pages {
		text := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\t' {
				return ' '
			}
			return r
		}, string(page))
		if plain.Line(text) != text {
			t.Errorf("%s: a hidden rune is left", kind)
		}
		if !strings.Contains(text, `\u202e`) {
			t.Errorf("%s: the name is gone", kind)
		}
	}
}

func TestReportOfNothing(t *testing.T) {
	page := string(render(t, Report{Title: "empty"}.HTML))
	for _, never := range []string{"<h2", "<footer", "<table", "<dl", "0001"} {
		if strings.Contains(page, never) {
			t.Errorf("an empty report has %q", never)
		}
	}
}

func TestReportPictureErrors(t *testing.T) {
	var out bytes.Buffer
	if err := (Report{Pictures: []Picture{{Title: "a", Data: []byte("plain text")}}}).HTML(&out); !errors.Is(err, ErrPicture) {
		t.Errorf("text as a picture: %v", err)
	}
	if err := (Report{Pictures: []Picture{{Title: "a", Path: filepath.Join(t.TempDir(), "none.png")}}}).HTML(&out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing picture: %v", err)
	}
	if out.Len() > 0 {
		t.Error("half a page was written")
	}
}
