package browser

import _ "embed"

//go:embed contrast.js
var contrastScript string

// CheckContrast reports texts of the page that are hard to read on their ground.
func (tab *Tab) CheckContrast() {
	tab.t.Helper()
	var bad []string
	tab.Eval(contrastScript, &bad)
	for _, text := range bad {
		tab.t.Errorf("low contrast: %s", text)
	}
}
