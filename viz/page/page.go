// Package page writes pages for web browsers from plain data. Its style sheet and scripts are embedded, so a page needs no
// network. Names from outside are text in a page, never markup.
package page

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

// StyleSheet is the style sheet of all pages. It has a light, a dark and a print scheme.
var StyleSheet = uPlotStyle + "\n" + style

// Watch is the page of gaetrain watch. It loads style.css, curves.js and watch.js from its own folder.
//
//go:embed watch.html
var Watch string

// WatchScript is the JavaScript of Watch.
//
//go:embed watch.js
var WatchScript string

// ElementsScript is the JavaScript that makes elements, which all other scripts need.
//
//go:embed elements.js
var ElementsScript string

// CurvesScript is the JavaScript of training curves: uPlot with its licence, ElementsScript, and the function gaetrain.curves.
var CurvesScript = "/*!\nuPlot 1.6.32\n" + strings.ReplaceAll(uPlotLicence, "*/", "* /") + "*/\n" + uPlotScript + "\n" + ElementsScript + curvesScript

// NetworkScript is the JavaScript that computes recorded networks, the function gaetrain.network.
//
//go:embed network.js
var NetworkScript string

// PlaygroundScript is the JavaScript with which readers explore a model, the function gaetrain.playground. It needs
// ElementsScript and NetworkScript.
var PlaygroundScript = viewsScript + "\n" + drawingScript + "\n" + planeScript + "\n" + playgroundScript

// ReportScript returns the JavaScript of a report. Its parts are in one script, whose digest the policy of the page allows.
// It is made once, on the first call, because it takes longer than the start of the program.
var ReportScript = sync.OnceValue(func() string {
	return CurvesScript + lean(itemsScript+filmScript+pointsScript+NetworkScript+"\n"+PlaygroundScript+"\n"+reportScript)
})

// indented matches the beginning of a line, and a comment that is all of it. No text in the scripts has more than one line.
var indented = regexp.MustCompile(`(?m)^[ \t]*//.*\n|^[ \t]+`)

// lean returns a script without its indentation and without lines of comments, because each report has a copy.
func lean(script string) string { return indented.ReplaceAllString(script, "") }

var (
	//go:embed items.js
	itemsScript string
	//go:embed film.js
	filmScript string
	//go:embed points.js
	pointsScript string
	//go:embed report.js
	reportScript string

	//go:embed playground/views.js
	viewsScript string
	//go:embed playground/drawing.js
	drawingScript string
	//go:embed playground/plane.js
	planeScript string
	//go:embed playground/playground.js
	playgroundScript string

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
