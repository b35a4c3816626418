package browser

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// playgroundPage trains a model and returns the URL of a page with its playground.
func playgroundPage(t *testing.T, name string, flags ...string) string {
	t.Helper()
	folder := t.TempDir()
	small := strings.Fields("--train-images 400 --test-images 100 --epochs 2 --pictures 0 --quiet --run " + name)
	Gaetrain(t, binary, folder, append(append([]string{"train"}, flags...), small...)...)
	if _, err := spec(builtPlayground(t), folder, name); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.Join(folder, name+".html")
}

// ready waits until a playground is shown.
func ready(tab *Tab) { tab.Wait(`document.body.dataset.ready === "true"`) }

// code returns the code that a playground shows.
func code(tab *Tab) (values []float64) {
	tab.t.Helper()
	tab.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done([...shown.code]))))`, &values)
	return values
}

// TestPlayground drags through the two values of a code, moves a slider, presses keys, draws, and opens a file.
func TestPlayground(t *testing.T) {
	tab := Open(t, chromium, playgroundPage(t, "vae", "--model", "vae", "--code", "2", "--hidden", "64"))
	ready(tab)
	tab.Screenshot(artefacts, "playground-vae")
	const plane = ".playground-plane"
	var range_ [][]float64
	tab.Eval("[shown.plane.x, shown.plane.y]", &range_)

	tab.Eval(`(() => { shown.drawnFrames = 0; const update = shown.update.bind(shown); shown.update = () => { shown.drawnFrames++; update(); }; })()`, nil)
	tab.Drag(plane, 0.3, 0.4, 0.75, 0.25)
	z := code(tab)
	for i, share := range []float64{0.75, 0.75} {
		low, high := range_[i][0], range_[i][1]
		if want := low + share*(high-low); math.Abs(z[i]-want) > 0.02*(high-low) {
			t.Errorf("after dragging, z%d is %g, want %g", i, z[i], want)
		}
	}
	var frames int
	if tab.Eval("shown.drawnFrames", &frames); frames < 4 {
		t.Errorf("the image changed %d times while dragging", frames)
	}
	var wrong float64
	if tab.Eval(`(() => {
		const want = shown.decoder.run({code: shown.code, labels: [0]}).reconstruction;
		const pixels = document.querySelector(".playground-output canvas").getContext("2d").getImageData(0, 0, 28, 28).data;
		return Math.max(...want.map((v, i) => Math.abs(255 * v - pixels[4 * i])));
	})()`, &wrong); wrong > 0.51 {
		t.Errorf("the image differs from the decoded code by %g levels", wrong)
	}

	tab.Keys(plane, kb.ArrowRight)
	if moved := code(tab); moved[0] <= z[0] || moved[1] != z[1] {
		t.Errorf("the right arrow key moves the code from %v to %v", z, moved)
	}
	tab.Keys(plane, kb.Home)
	var start []float64
	tab.Eval("shown.spec.code.start", &start)
	if z := code(tab); math.Abs(z[0]-start[0]) > 1e-5 || math.Abs(z[1]-start[1]) > 1e-5 {
		t.Errorf("Home sets the code to %v, want %v", z, start)
	}
	var end string
	tab.Eval(`document.querySelector(".playground-slider:nth-child(2) input").max`, &end)
	tab.SetValue(".playground-slider:nth-child(2) input", end)
	if z := code(tab); !strings.HasPrefix(end, fmt.Sprintf("%.4f", z[1])[:5]) || math.Abs(z[0]-start[0]) > 1e-5 {
		t.Errorf("the slider of z1 sets the code to %v, want %s as the second value", z, end)
	}
	tab.Click(".playground-legend button")
	if tab.Count(".playground-points .playground-hidden") == 0 {
		t.Error("no points are hidden")
	}
}

// TestPlaygroundInput draws, chooses test images and opens files.
func TestPlaygroundInput(t *testing.T) {
	tab := Open(t, chromium, playgroundPage(t, "dense", "--model", "dense", "--code", "8", "--hidden", "64"))
	ready(tab)
	before := code(tab)
	tab.Click(".playground-items button:nth-child(3)")
	chosen := code(tab)
	if fmt.Sprint(before) == fmt.Sprint(chosen) || !strings.Contains(tab.Text(".playground-told"), "This is test image") {
		t.Errorf("the third test image has the code %v, and the page says %q", chosen, tab.Text(".playground-told"))
	}
	tab.Eval(`[...document.querySelectorAll(".playground-input button")].find((b) => b.textContent === "Clear").click()`, nil)
	var sum float64
	if tab.Eval("shown.drawing.values.reduce((a, b) => a + b, 0)", &sum); sum != 0 {
		t.Errorf("a cleared image has the sum %g", sum)
	}
	empty := code(tab)
	tab.Drag(".playground-drawing", 0.3, 0.3, 0.7, 0.7)
	drawn := code(tab)
	if tab.Eval("shown.drawing.values.reduce((a, b) => a + b, 0)", &sum); sum < 10 || fmt.Sprint(empty) == fmt.Sprint(drawn) {
		t.Errorf("the drawing has the sum %g and the code %v", sum, drawn)
	}
	if text := tab.Text(".playground-error"); !strings.Contains(text, "Squared error: 0.") {
		t.Errorf("the error is %q", text)
	}
	tab.Screenshot(artefacts, "playground-drawn")

	// A dark stroke on white paper, at the edge of a large image.
	tab.Eval(`(async () => {
		const canvas = Object.assign(document.createElement("canvas"), {width: 300, height: 200});
		const context = canvas.getContext("2d");
		context.fillStyle = "white";
		context.fillRect(0, 0, 300, 200);
		context.fillStyle = "black";
		context.fillRect(20, 20, 40, 120);
		const transfer = new DataTransfer();
		transfer.items.add(new File([await new Promise((done) => canvas.toBlob(done))], "<i>stroke</i>.png", {type: "image/png"}));
		shown.drawing.element.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
	})()`, nil)
	tab.Wait(`document.querySelector(".playground-told").textContent.includes("centred")`)
	if text := tab.Text(".playground-told"); !strings.HasPrefix(text, "<i>stroke</i>.png was converted to grey, inverted, ") {
		t.Errorf("the page says %q", text)
	}
	var centre []float64
	tab.Eval(`(() => {
		let [x, y, sum] = [0, 0, 0];
		shown.drawing.values.forEach((v, i) => { x += v * (i % 28 + 0.5); y += v * (Math.floor(i / 28) + 0.5); sum += v; });
		return [x / sum, y / sum, sum];
	})()`, &centre)
	if math.Abs(centre[0]-14) > 0.6 || math.Abs(centre[1]-14) > 0.6 || centre[2] < 50 {
		t.Errorf("the content of the file has its centre at %v", centre)
	}
	tab.Eval(`(() => {
		const transfer = new DataTransfer();
		transfer.items.add(new File(["no image"], "notes.txt"));
		shown.drawing.element.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
	})()`, nil)
	tab.Wait(`document.querySelector(".playground-told").textContent === "notes.txt is not an image that this browser can read."`)
}

// TestPlaygroundWords moves the slider of a word and sets values between entries. The code stays made of entries of the codebook.
func TestPlaygroundWords(t *testing.T) {
	tab := Open(t, chromium, playgroundPage(t, "vqvae", words("--model vqvae --filters 4,8 --word-size 2 --codebook 16 --prior-epochs 1")...))
	ready(tab)
	entriesOf := func() (numbers []int) {
		code(tab) // waits for the next frame
		tab.Eval(`Array.from({length: shown.spec.code.words.count}, (_, p) => {
			const {next, step} = shown.spec.code.words;
			return shown.entries.findIndex((entry) => entry.every((v, d) => v === shown.code[p * next + d * step]));
		})`, &numbers)
		return numbers
	}
	other := (entriesOf()[0] + 5) % 16
	tab.Eval(fmt.Sprintf(`(() => {
		const input = document.querySelector(".playground-slider input");
		input.value = %d;
		input.dispatchEvent(new Event("input"));
	})()`, other), nil)
	if after := entriesOf(); after[0] != other || slices.Contains(after, -1) {
		t.Errorf("with the slider of word 0 at %d, the words are %d", other, after)
	}
	tab.Eval(`shown.setCode(shown.code.map((v) => v + 0.01)), null`, nil)
	if after := entriesOf(); slices.Contains(after, -1) {
		t.Errorf("for values between entries, the words are %d", after)
	}
}

// TestPlaygroundLook looks at the pages of several models in both schemes, on a phone and in print.
func TestPlaygroundLook(t *testing.T) {
	for name, flags := range map[string]string{
		"dense":      "--model dense --code 12 --hidden 64",
		"classes":    "--model cvae --code 4 --hidden 64",
		"generator":  "--model gan --code 6 --hidden 64,64",
		"levels":     "--model fsq --hidden 64 --levels 5,3 --words 3",
		"words":      "--model vqvae --filters 4,8 --word-size 2 --codebook 16 --prior-epochs 1",
		"whole":      "--model conv --encoder 'conv:4,3 maxpool:2 dense:8' --upsampling unpool",
		"small-code": "--model dense --code 1 --hidden 32",
	} {
		t.Run(name, func(t *testing.T) {
			tab := Open(t, chromium, playgroundPage(t, name, words(flags)...))
			ready(tab)
			for _, scheme := range []string{"light", "dark"} {
				tab.Scheme(scheme)
				tab.CheckContrast()
				tab.Screenshot(artefacts, "playground-"+name+"-"+scheme)
			}
			tab.Resize(400, 800)
			tab.CheckWidth()
			tab.Screenshot(artefacts, "playground-"+name+"-400px")
			tab.Resize(1280, 900)
			tab.Print()
			tab.CheckContrast()
		})
	}
}

// TestPlaygroundTime measures how long a code of the default model takes. A frame has 16 ms.
func TestPlaygroundTime(t *testing.T) {
	for _, model := range []string{"dense", "conv"} {
		tab := Open(t, chromium, playgroundPage(t, model, "--model", model))
		ready(tab)
		var median float64
		tab.Eval(`(() => {
			const times = Array.from({length: 60}, () => {
				const from = performance.now();
				shown.decode(shown.code);
				return performance.now() - from;
			});
			return times.sort((a, b) => a - b)[30];
		})()`, &median)
		t.Logf("decoding one code of %s takes %.2f ms", model, median)
		if median > 16 {
			t.Errorf("decoding one code of %s takes %.1f ms, want less than 16", model, median)
		}
	}
}
