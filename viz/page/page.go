// Package page writes pages for web browsers from plain data. Its style sheet and scripts are embedded, so a page needs no
// network. Names from outside are text in a page, never markup.
package page

import (
	_ "embed"
	"strings"
)

// StyleSheet is the style sheet of all pages. It has a light, a dark and a print scheme.
var StyleSheet = uPlotStyle + "\n" + style

// CurvesScript is the JavaScript of training curves: uPlot with its licence, and the function gaetrain.curves.
var CurvesScript = "/*!\nuPlot 1.6.32\n" + strings.ReplaceAll(uPlotLicence, "*/", "* /") + "*/\n" + uPlotScript + "\n" + curvesScript

var (
	//go:embed style.css
	style string

	//go:embed curves.js
	curvesScript string

	//go:embed uplot/uPlot.iife.min.js
	uPlotScript string
	//go:embed uplot/uPlot.min.css
	uPlotStyle string
	//go:embed uplot/LICENSE
	uPlotLicence string
)
