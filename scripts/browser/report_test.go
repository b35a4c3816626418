package browser

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// trainedReport trains a model in a folder and returns the address of its page.
func trainedReport(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	Gaetrain(t, binary, dir, append(strings.Fields("train --train-images 600 --test-images 200 --epochs 4 --hidden 32 --quiet --run run"), flags...)...)
	return "file://" + filepath.Join(dir, "run", "report.html")
}

// ink is a checksum of what a canvas shows.
func (tab *Tab) ink(selector string) (sum float64) {
	tab.Eval(fmt.Sprintf(`[...document.querySelector(%q).toDataURL()].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) %% 1000000007, 0)`, selector), &sum)
	return sum
}

func TestReport(t *testing.T) {
	tab := Open(t, chromium, trainedReport(t))
	ready(tab)
	if text := tab.Text(".verdict"); !strings.Contains(text, "reconstructs the test images with a mean squared error of 0.") {
		t.Errorf("the verdict is %q", text)
	}
	t.Run("film", func(t *testing.T) { checkFilm(t, tab) })
	t.Run("curves", func(t *testing.T) {
		tab.Hover(panel("1")+".u-over", 0.01, 0.5)
		if text := tab.Text(panel("1") + ".curves-legend"); !strings.Contains(text, "epoch 1") {
			t.Errorf("the legend is %q", text)
		}
	})
	t.Run("points", func(t *testing.T) { checkPoints(t, tab) })
	looks(tab, "report")
}

// looks takes screenshots of a page in its schemes and sizes, and checks contrast and width.
func looks(tab *Tab, name string) {
	tab.CheckContrast()
	tab.CheckWidth()
	tab.Screenshot(artefacts, name+"-light")
	tab.Scheme("dark")
	tab.CheckContrast()
	tab.Screenshot(artefacts, name+"-dark")
	tab.Scheme("light")
	tab.Resize(400, 800)
	tab.Eval("new Promise((done) => setTimeout(done, 300))", nil) // until all parts are drawn again
	tab.CheckWidth()
	tab.Screenshot(artefacts, name+"-400")
	tab.Resize(794, 1123) // A4 at 96 pixels per inch
	tab.Eval("new Promise((done) => setTimeout(done, 300))", nil)
	tab.Print()
	tab.Screenshot(artefacts, name+"-print")
	tab.Scheme("light")
	tab.Resize(1280, 900)
}

// checkFilm moves the slider through the epochs.
func checkFilm(t *testing.T, tab *Tab) {
	const slider, canvas, epoch = ".film input", ".film canvas", ".film output"
	if text := tab.Text(epoch); text != "epoch 4" {
		t.Errorf("the film shows %q first, want the last epoch", text)
	}
	last := tab.ink(canvas)
	tab.SetValue(slider, "0")
	if text := tab.Text(epoch); text != "the initial weights" {
		t.Errorf("the film shows %q at the left end", text)
	}
	first := tab.ink(canvas)
	if first == last {
		t.Error("the slider changes no reconstruction")
	}
	tab.Keys(slider, kb.ArrowRight)
	if text := tab.Text(epoch); text != "epoch 1" {
		t.Errorf("an arrow key shows %q, want epoch 1", text)
	}
	tab.Click(".film button")
	tab.Wait(`document.querySelector(".film output").textContent === "epoch 4" && document.querySelector(".film button").textContent === "Play"`)
	if tab.ink(canvas) != last {
		t.Error("the last epoch looks different after the film was played")
	}
	tab.HoverUntil(canvas, 0.2, 0.5, `document.querySelector(".film-caption").textContent.startsWith("image ")`)
	if text := tab.Text(".film-caption"); !strings.HasPrefix(text, "image ") {
		t.Errorf("the caption under the pointer is %q", text)
	}
}

// checkPoints shows the images of points, by keys and by the pointer, and hides a class.
func checkPoints(t *testing.T, tab *Tab) {
	const canvas, card = ".points-plot > canvas", ".points-card"
	tab.Hover("h1", 0.5, 0.5) // the pointer must not be over the points
	tab.Keys(canvas, kb.ArrowRight)
	tab.Keys(canvas, kb.ArrowRight)
	chosen := tab.Text(card)
	if !strings.Contains(chosen, "image ") || !strings.Contains(chosen, "error 0.0") {
		t.Errorf("the card of a point is %q", chosen)
	}
	if tab.ink(".points-card canvas") == 0 {
		t.Error("the card shows no image")
	}
	var at []float64 // of the point, as shares of the plot
	tab.Eval(`(() => {
		const m = new DOMMatrix(getComputedStyle(document.querySelector(".points-ring")).transform), c = document.querySelector(".points-plot > canvas");
		return [m.e / c.clientWidth, m.f / c.clientHeight];
	})()`, &at)
	tab.Screenshot(artefacts, "report-point") // it can resize the page, which hides the card
	tab.Keys(canvas, kb.Escape)
	tab.Wait(`document.querySelector(".points-card").hidden`)
	tab.HoverUntil(canvas, at[0], at[1], `!document.querySelector(".points-card").hidden`)
	if text := tab.Text(card); text != chosen {
		t.Errorf("the pointer shows %q, the keys show %q at the same place", text, chosen)
	}
	all := tab.ink(canvas)
	tab.Click(".points-legend input")
	tab.Hover("h1", 0.5, 0.5)
	few := tab.ink(canvas)
	if few == all {
		t.Error("hiding a class changes nothing")
	}
	tab.Click(".points-legend button")
	tab.Hover("h1", 0.5, 0.5)
	if tab.ink(canvas) != all {
		t.Error("the button does not show all classes again")
	}
	tab.Click(`.points-bar label:nth-of-type(2) input`)
	tab.Wait(`document.querySelector(".points-note").textContent.startsWith("t-SNE")`)
	if tab.ink(canvas) == all {
		t.Error("t-SNE looks like PCA")
	}
	tab.Screenshot(artefacts, "report-tsne")
	tab.Click(`.points-bar label:nth-of-type(1) input`)
}

// TestReportWithoutScripts looks at the page where JavaScript is switched off.
func TestReportWithoutScripts(t *testing.T) {
	url := trainedReport(t)
	tab := Open(t, chromium, "about:blank")
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.do(chromedp.Navigate(url))
	if text := tab.Text("noscript"); !strings.Contains(text, "JavaScript") {
		t.Errorf("the page says %q", text)
	}
	if n := tab.Count(".still img, .examples img"); n != 1+2*3*8 {
		t.Errorf("%d images, want the last reconstructions and the examples", n)
	}
	tab.Screenshot(artefacts, "report-without-scripts")
}

// TestHostileReport looks at a page whose classes have names that could be markup.
func TestHostileReport(t *testing.T) {
	dir := t.TempDir()
	for i, class := range []string{`<img src=x onerror=document.title='broken'>`, "b\u202egnp.exe"} {
		folder := filepath.Join(dir, "images", class)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for n := range 12 {
			writePicture(t, filepath.Join(folder, fmt.Sprintf("%d.png", n)), i, n)
		}
	}
	Gaetrain(t, binary, dir, strings.Fields("train --dataset folder:images --epochs 2 --hidden 8 --code 2 --quiet --run run")...)
	tab := Open(t, chromium, "file://"+filepath.Join(dir, "run", "report.html"))
	ready(tab)
	if n := tab.Count("img[src=x]"); n > 0 {
		t.Errorf("%d names have become images", n)
	}
	if text := tab.Text(".points-legend"); !strings.Contains(text, "<img src=x") || !strings.Contains(text, `\u202e`) {
		t.Errorf("the legend is %q", text)
	}
	tab.Screenshot(artefacts, "report-hostile")
}

// TestOtherReports looks at the pages of other kinds of models.
func TestOtherReports(t *testing.T) {
	for name, flags := range map[string]string{
		"cvae": "--model cvae --code 8", "gan": "--model gan --code 8", "vae2": "--model vae --code 2",
	} {
		t.Run(name, func(t *testing.T) {
			tab := Open(t, chromium, trainedReport(t, strings.Fields(flags)...))
			ready(tab)
			looks(tab, "report-"+name)
		})
	}
}

// writePicture writes a small grey image, which depends on two numbers.
func writePicture(t testing.TB, path string, class, n int) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = uint8(40*class + 7*i*(n+1))
	}
	file, err := os.Create(path)
	if err == nil {
		err = png.Encode(file, img)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
