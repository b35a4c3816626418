package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for a page.
const patience = time.Minute

// Tab is a tab of the browser with one page. Its methods end the test if they fail.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	errors []string // on the console
}

// Open opens a page in a tab of its own, 1280×900 pixels large and with the light scheme. When the test ends, it fails if the
// page wrote errors to the console.
func Open(t testing.TB, browser context.Context, url string) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		for _, e := range tab.TakeErrors() {
			t.Errorf("console of %s: %s", url, e)
		}
		stop()
	})
	if err := chromedp.Listen(ctx, tab.listen); err != nil {
		t.Fatal(err)
	}
	call(tab, log.Enable, cdp.Empty{})
	call(tab, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	tab.Resize(1280, 900)
	tab.Scheme("light")
	tab.do(chromedp.Navigate(url))
	return tab
}

// listen gathers errors of the console, of scripts and of the browser, such as violations of the content security policy.
func (tab *Tab) listen(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" || e.Type == "warning" {
			for _, a := range e.Args {
				text += " " + string(a.Value) + a.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	}
	if text != "" {
		tab.mu.Lock()
		tab.errors = append(tab.errors, strings.TrimSpace(text))
		tab.mu.Unlock()
	}
}

// TakeErrors returns the errors of the console so far and forgets them.
func (tab *Tab) TakeErrors() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	errors := tab.errors
	tab.errors = nil
	return errors
}

// do runs actions in the tab.
func (tab *Tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatal(err)
	}
}

// call runs a command of the DevTools protocol in a tab.
func call[P, R any](tab *Tab, command cdp.Command[P, R], parameters P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, parameters)
	if err != nil {
		tab.t.Fatal(err)
	}
	return result
}

// Eval evaluates JavaScript, and decodes its value, which may be a promise, into the variable that result points to; nil ignores
// the value.
func (tab *Tab) Eval(script string, result any) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	object, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte]("(async () => JSON.stringify(await ("+script+")) ?? \"null\")()", chromedp.EvalAwaitPromise))
	var text string
	if err == nil {
		err = json.Unmarshal(object, &text)
	}
	if err == nil && result != nil {
		err = json.Unmarshal([]byte(text), result)
	}
	if err != nil {
		tab.t.Fatalf("%s: %v", script, err)
	}
}

// Wait waits until JavaScript is true. It ends the test with the text of the page if that does not happen.
func (tab *Tab) Wait(condition string) {
	tab.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		var ok bool
		if tab.Eval("Boolean("+condition+")", &ok); ok {
			return
		}
		if time.Now().After(end) {
			var text string
			tab.Eval("document.body.innerText.slice(0, 3000)", &text)
			tab.t.Fatalf("%s is not true after %s. Console: %q. The page:\n%s", condition, patience, tab.TakeErrors(), text)
		}
	}
}

// Text returns the visible text of the first element of a selector.
func (tab *Tab) Text(selector string) (text string) {
	tab.t.Helper()
	tab.Eval(fmt.Sprintf("document.querySelector(%q).innerText", selector), &text)
	return text
}

// Count returns the number of elements of a selector.
func (tab *Tab) Count(selector string) (n int) {
	tab.t.Helper()
	tab.Eval(fmt.Sprintf("document.querySelectorAll(%q).length", selector), &n)
	return n
}

// at returns the point at a share of the width and of the height of an element, which it scrolls into view.
func (tab *Tab) at(selector string, x, y float64) (float64, float64) {
	tab.t.Helper()
	var box []float64
	tab.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect();
		return [r.left, r.top, r.width, r.height];
	})()`, selector), &box)
	return box[0] + x*box[2], box[1] + y*box[3]
}

// Click clicks on the centre of an element, once nothing covers it and the page does not move it any more.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	x, y := tab.at(selector, 0.5, 0.5)
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		nowX, nowY := tab.at(selector, 0.5, 0.5)
		var hit bool
		tab.Eval(fmt.Sprintf("document.querySelector(%q).contains(document.elementFromPoint(%g, %g))", selector, nowX, nowY), &hit)
		if hit && nowX == x && nowY == y {
			break
		}
		if time.Now().After(end) {
			tab.t.Fatalf("%s cannot be clicked", selector)
		}
		x, y = nowX, nowY
	}
	tab.do(chromedp.MouseClickXY(x, y))
}

// Hover moves the pointer to a place of an element, given as shares of its width and height.
func (tab *Tab) Hover(selector string, x, y float64) {
	tab.t.Helper()
	left, top := tab.at(selector, x, y)
	tab.do(chromedp.MouseEvent(chromedp.MouseMoved, left, top))
}

// HoverUntil moves the pointer to a place of an element, beside it and back, until a condition in JavaScript holds. The first
// movement can scroll the page, and then its place is another one.
func (tab *Tab) HoverUntil(selector string, x, y float64, condition string) {
	tab.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		left, top := tab.at(selector, x, y)
		tab.do(chromedp.MouseEvent(chromedp.MouseMoved, left+3, top), chromedp.MouseEvent(chromedp.MouseMoved, left, top))
		var holds bool
		if tab.Eval(condition, &holds); holds {
			return
		}
	}
	tab.Wait(condition) // it reports what the page shows
}

// Drag presses the button at a place of an element, moves to another place in steps and releases it. Places are shares of its
// width and height.
func (tab *Tab) Drag(selector string, fromX, fromY, toX, toY float64) {
	tab.t.Helper()
	x0, y0 := tab.at(selector, fromX, fromY)
	x1, y1 := tab.at(selector, toX, toY)
	const steps = 8
	actions := []chromedp.Action[chromedp.Void]{chromedp.MouseEvent(chromedp.MouseMoved, x0, y0), chromedp.MouseEvent(chromedp.MousePressed, x0, y0, chromedp.ButtonLeft)}
	for i := 1; i <= steps; i++ {
		share := float64(i) / steps
		actions = append(actions, chromedp.MouseEvent(chromedp.MouseMoved, x0+(x1-x0)*share, y0+(y1-y0)*share, chromedp.ButtonLeft))
	}
	tab.do(append(actions, chromedp.MouseEvent(chromedp.MouseReleased, x1, y1, chromedp.ButtonLeft))...)
}

// Keys focuses an element and types keys, such as kb.ArrowRight.
func (tab *Tab) Keys(selector, keys string) {
	tab.t.Helper()
	tab.Eval(fmt.Sprintf("document.querySelector(%q).focus()", selector), nil)
	tab.do(chromedp.KeyEvent(keys))
}

// SetValue sets the value of a control as a user does: its events fire.
func (tab *Tab) SetValue(selector, value string) {
	tab.t.Helper()
	tab.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = %q;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, selector, value), nil)
}

// Scheme shows the page in the colour scheme "light" or "dark".
func (tab *Tab) Scheme(scheme string) {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: "screen", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// Print shows the page as it is printed, until Scheme is called.
func (tab *Tab) Print() {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do(chromedp.Reload())
}

// CPU is the processor time of the page's main thread so far, in seconds.
func (tab *Tab) CPU() float64 {
	tab.t.Helper()
	for _, m := range call(tab, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	tab.t.Fatal("the browser does not measure the duration of tasks")
	return 0
}

// Resize changes the size of the page in pixels, such as 400×800 of a phone.
func (tab *Tab) Resize(width, height int64) {
	tab.t.Helper()
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

// Screenshot writes the whole page to NAME.png in the folder of artefacts.
func (tab *Tab) Screenshot(folder, name string) {
	tab.t.Helper()
	whole := true
	data := call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole}).Data
	if err := os.WriteFile(filepath.Join(folder, name+".png"), data, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// CheckWidth reports whether the page scrolls sideways.
func (tab *Tab) CheckWidth() {
	tab.t.Helper()
	var over string
	tab.Eval(`(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width) return "";
		const wide = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > width + 1);
		return wide ? wide.outerHTML.slice(0, 200) : "the page";
	})()`, &over)
	if over != "" {
		tab.t.Errorf("the page is wider than the window: %s", over)
	}
}
