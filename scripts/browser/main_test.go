package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	binary    string          // the program whose pages are tested
	artefacts string          // folder of screenshots
	chromium  context.Context // of the browser that all tests share
)

// TestMain starts the browser.
func TestMain(m *testing.M) {
	stop, err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	if runs, err := trained(); err == nil {
		os.RemoveAll(filepath.Dir(runs[0]))
	}
	fmt.Println("screenshots:", artefacts)
	os.Exit(code)
}

// prepare finds the program and the browser, and starts the browser.
func prepare() (stop func(), err error) {
	if binary = os.Getenv("GAETRAIN_BINARY"); binary == "" {
		return nil, errors.New("GAETRAIN_BINARY is not set; hint: scripts/browser/run BINARY")
	}
	_ = os.Unsetenv("GAETRAIN_BINARY") // the program refuses variables that it does not know
	if artefacts = os.Getenv("ARTEFACTS"); artefacts == "" {
		if artefacts, err = os.MkdirTemp("", "gaetrain-browser-"); err != nil {
			return nil, err
		}
	}
	if artefacts, err = filepath.Abs(artefacts); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(artefacts, 0o755); err != nil {
		return nil, err
	}
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	var stopBrowser context.CancelFunc
	chromium, stopBrowser = chromedp.NewContext(allocator)
	stop = func() {
		stopBrowser()
		stopAllocator()
	}
	return stop, chromedp.Do(chromium)
}

// findBrowser looks for Chromium in $CHROMIUM and on the PATH.
func findBrowser() (string, error) {
	names := []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium on the PATH; hint: apt-get install chromium, or set CHROMIUM to its path")
}
