package trainer

import (
	"strings"
	"testing"

	"gaetrain/loaders"
)

// TestDataChanged checks the description of how data differ from those of a run.
func TestDataChanged(t *testing.T) {
	pixels := func(n int) loaders.Split {
		return loaders.Pixels(loaders.Shape{Channels: 1, Height: 1, Width: 1}, make([]uint8, n))
	}
	info := RunInfo{Data: DataInfo{Name: "folder:a", Train: 9, Test: 1, Classes: []string{"x"}, Digest: map[string]string{"images": "md5:1"}}}
	other := map[string]string{"images": "md5:2"}
	for want, change := range map[string]func(*loaders.Dataset){
		"":                    func(*loaders.Dataset) {},
		"images were added":   func(d *loaders.Dataset) { d.Train, d.Digest = pixels(10), other },
		"images were removed": func(d *loaders.Dataset) { d.Train, d.Digest = pixels(8), other },
		"the images of folder:a are not those that the run was trained with": func(d *loaders.Dataset) { d.Digest = other },
		"does not read folder:a in": func(d *loaders.Dataset) { d.Digest = map[string]string{"pictures": "md5:1"} },
		"in the same way as":        func(d *loaders.Dataset) { d.Classes = []string{"x", "y"} },
	} {
		now := loaders.Dataset{Name: "folder:a", Train: pixels(9), Test: pixels(1), Classes: []string{"x"}, Digest: info.Data.Digest}
		change(&now)
		if got := info.DataChanged(&now); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
