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

// layout describes charts that show each figure of all splits together.
func layout(figures []string) (v value) {
	var all, category wire.Message
	category.Text(categoryTitle, layoutTitle)
	for _, figure := range figures {
		var chart, lines wire.Message
		lines.Text(linesTag, "^"+regexp.QuoteMeta(figure)+layoutSplits+"$")
		chart.Text(chartTitle, figure)
		chart.Inside(chartLines, lines)
		category.Inside(categoryChart, chart)
	}
	all.Inside(layoutCategory, category)
	v.Text(valueTag, layoutTag)
	v.Inside(valueTensor, text(all))
	describe(&v, "custom_scalars", "", "")
	return v
}
