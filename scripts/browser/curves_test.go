package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// curvesPage serves a page with the curves of two splits.
func curvesPage(t *testing.T) string {
	read := func(name string) string { return asset(t, name) }
	const script = `
		const count = (f) => Array.from({length: 40}, (_, i) => f(i + 1));
		const epochs = count((e) => e);
		const series = (name, unit, split, f) => ({run: "a <b>run</b>", name, unit, split, epochs, values: count(f)});
		window.shown = gaetrain.curves(document.getElementById("curves"), {series: [
			series("reconstruction", "nats per image", "train", (e) => 200 + 100 / e), series("reconstruction", "nats per image", "test", (e) => 210 + 100 / e),
			series("mse", "squared error per pixel", "train", (e) => e === 7 ? NaN : 0.5 / e), series("dead units", "units", "test", () => 0)],
			marks: [{x: 30, label: "best epoch 30"}]});`
	html := `<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1"><style>` +
		read("uplot/uPlot.min.css") + read("style.css") + `</style><h1>Curves</h1><div id="curves"></div><script>` +
		read("uplot/uPlot.iife.min.js") + read("elements.js") + read("curves.js") + `</script><script>` + script + `</script>`
	return servePage(t, html)
}

// asset reads a file of viz/page.
func asset(t *testing.T, name string) string {
	data, err := os.ReadFile(filepath.Join("..", "..", "viz", "page", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// servePage serves a page until the test ends, and returns its URL.
func servePage(t *testing.T, html string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// panel is the selector of the n-th panel of curves, from 1.
func panel(n string) string { return ".curves-panel:nth-child(" + n + ") " }

func TestCurves(t *testing.T) {
	tab := Open(t, chromium, curvesPage(t))
	if n := tab.Count(".curves-panel"); n != 3 {
		t.Fatalf("%d panels, want 3", n)
	}
	legend, over := panel("1")+".curves-legend", panel("1")+".u-over"
	expect := func(what string, parts ...string) {
		t.Helper()
		text := tab.Text(legend)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the legend is %q, want %q in it", what, text, part)
			}
		}
	}
	expect("the last values without a pointer", "epoch 40", "202.5", "212.5")
	tab.Hover(over, 9.0/39, 0.5)
	expect("the values at the pointer", "epoch 10", "210", "220")
	if text := tab.Text(panel("2") + ".curves-legend"); !strings.Contains(text, "epoch 10") {
		t.Errorf("the cursor of the second panel is not that of the first: %q", text)
	}
	tab.Screenshot(artefacts, "curves-hover")

	tab.Drag(over, 0.5, 0.5, 0.75, 0.5)
	tab.Wait(`!document.querySelector(".curves-bar button").hidden`)
	tab.Screenshot(artefacts, "curves-zoom")
	tab.Eval(`shown.update([{run: "a <b>run</b>", name: "reconstruction", unit: "nats per image", split: "train", epochs: [41], values: [111]}])`, nil)
	tab.Hover(over, 0.999, 0.5)
	var at float64
	tab.Eval(`Number(document.querySelector(".curves-at").textContent.replace("epoch ", ""))`, &at)
	if at < 29 || at > 31 {
		t.Errorf("the right edge of the range is epoch %g, want about 30: new points must not change the zoom", at)
	}
	tab.Click(".curves-bar button")
	tab.Keys(panel("1")+".curves-plot", kb.End)
	expect("the point that was added", "epoch 41", "111")
	tab.Keys(panel("1")+".curves-plot", kb.ArrowLeft)
	expect("the arrow key", "epoch 40", "202.5")

	tab.SetValue(".curves-bar input[type=range]", "0.9")
	expect("smoothed and raw", "raw 202.5")
	tab.Click(".curves-bar input[type=checkbox]")
	if note := tab.Text(panel("3") + ".curves-note"); !strings.Contains(note, "no value is positive") {
		t.Errorf("the panel without positive values has the note %q", note)
	}
	tab.Screenshot(artefacts, "curves-log-smooth")
	tab.Click(".curves-splits label:nth-child(2) input")
	if text := tab.Text(legend); strings.Contains(text, "test") {
		t.Errorf("the test split is hidden, but the legend is %q", text)
	}
}

func TestCurvesLook(t *testing.T) {
	tab := Open(t, chromium, curvesPage(t))
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		tab.CheckContrast()
		tab.Screenshot(artefacts, "curves-"+scheme)
	}
	tab.Resize(400, 800)
	tab.Wait(`document.querySelector(".uplot canvas").clientWidth < 400`)
	tab.CheckWidth()
	tab.Screenshot(artefacts, "curves-400px")
	tab.Resize(1280, 900)
	tab.Print()
	tab.CheckContrast()
	tab.Screenshot(artefacts, "curves-print")
}
