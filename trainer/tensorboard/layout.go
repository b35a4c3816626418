package tensorboard

import (
	"regexp"

	"gaetrain/trainer/wire"
)

// Field numbers of layout.proto of the plugin custom_scalars.
const (
	layoutCategory               = 2
	categoryTitle, categoryChart = 1, 2
	chartTitle, chartLines       = 1, 2
	linesTag                     = 1
	layoutTag                    = "custom_scalars__config__"
	layoutTitle                  = "training, validation and test set"
	layoutSplits                 = "/(train|validation|test)"
)

// layout describes charts that show each figure of all splits together. unit is that of a
// figure, or "".
func layout(figures []string, unit func(string) string) (v value) {
	var all, category wire.Message
	category.Text(categoryTitle, layoutTitle)
	for _, figure := range figures {
		var chart, lines wire.Message
		lines.Text(linesTag, "^"+regexp.QuoteMeta(figure)+layoutSplits+"$")
		title := figure
		if u := unit(figure); u != "" {
			title += " (" + u + ")"
		}
		chart.Text(chartTitle, title)
		chart.Inside(chartLines, lines)
		category.Inside(categoryChart, chart)
	}
	all.Inside(layoutCategory, category)
	v.Text(valueTag, layoutTag)
	v.Inside(valueTensor, text(all))
	describe(&v, layoutPlugin, nil, "")
	return v
}
