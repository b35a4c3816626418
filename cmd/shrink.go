package cmd

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// shrink sets an option to a value that fits a data set with few images, and reports
// it. A value that the user gave is not changed, and may be refused later.
func shrink[T any](c *cli.Context, log *console, option *T, name string, fitting T, images string) {
	if wasGiven(c, name) || reflect.DeepEqual(*option, fitting) {
		return
	}
	*option = fitting
	text := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(fitting), "[]")), ",")
	log.note(fmt.Sprintf("there are only %s, so --%s is %s", images, name, text))
}

// counted says how many images of a split there are.
func counted(n int, split string) string {
	if split == "train" {
		split = "training"
	}
	return fmt.Sprintf("%d %s images", n, split)
}

// below returns the indices of a list that are less than n.
func below(list []int, n int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(i int) bool { return i >= n })
}
