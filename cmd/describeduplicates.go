package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gaetrain/loaders"
)

// describedDuplicates are the images that equal an earlier one, as JSON.
type describedDuplicates struct {
	Searched   bool             `json:"searched"` // false: there are too many images for the memory
	Count      int              `json:"count"`
	Between    []duplicateCount `json:"between,omitempty"`     // by split
	OtherClass int              `json:"other_class,omitempty"` // number of duplicates of an image of another class
	First      []duplicatePair  `json:"first,omitempty"`       // at most 1,000, those between different splits first
}

// duplicateCount is how many images of a split equal an earlier image in another split,
// or in the same one.
type duplicateCount struct {
	Split string `json:"split"`
	Of    string `json:"of"`
	Count int    `json:"count"`
}

type duplicatePair struct {
	Image duplicatePlace `json:"image"`
	Of    duplicatePlace `json:"of"`
}

type duplicatePlace struct {
	Split string `json:"split"`
	Index int    `json:"index"` // in the data that the image was read from
	Name  string `json:"name,omitempty"`
	Class string `json:"class,omitempty"`
}

const listedDuplicates = 1000

// partNames are the splits by loaders.Part, as they are written in JSON.
var partNames = [...]string{"train", "validation", "test"}

func describeDuplicates(data *loaders.Dataset, found loaders.Description) describedDuplicates {
	d := describedDuplicates{Searched: found.Searched, Count: len(found.Duplicates)}
	counts := make(map[[2]loaders.Part]int)
	splits := [...]loaders.Split{data.Part(loaders.TrainPart), data.Part(loaders.ValidationPart), data.Part(loaders.TestPart)}
	for _, pair := range found.Duplicates {
		counts[[2]loaders.Part{pair.Image.Part, pair.Of.Part}]++
		a, b := splits[pair.Image.Part].Labels, splits[pair.Of.Part].Labels
		if a != nil && b != nil && a[pair.Image.Index] != b[pair.Of.Index] {
			d.OtherClass++
		}
	}
	for image := loaders.TestPart; ; image-- {
		for of := loaders.TrainPart; of <= image; of++ {
			if n := counts[[2]loaders.Part{image, of}]; n > 0 {
				d.Between = append(d.Between, duplicateCount{partNames[image], partNames[of], n})
			}
		}
		if image == loaders.TrainPart {
			break
		}
	}
	slices.SortStableFunc(found.Duplicates, func(a, b loaders.Duplicate) int {
		return cmp.Or(compareBool(a.Image.Part == a.Of.Part, b.Image.Part == b.Of.Part), cmp.Compare(b.Image.Part, a.Image.Part))
	})
	place := func(p loaders.Place) duplicatePlace {
		split := splits[p.Part]
		at := duplicatePlace{Split: partNames[p.Part], Index: split.Position(p.Index)}
		if split.Names != nil {
			at.Name = split.Names[p.Index]
		}
		if split.Labels != nil {
			at.Class = data.Classes[split.Labels[p.Index]]
		}
		return at
	}
	for _, pair := range found.Duplicates[:min(len(found.Duplicates), listedDuplicates)] {
		d.First = append(d.First, duplicatePair{place(pair.Image), place(pair.Of)})
	}
	return d
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// text describes the numbers of duplicates in words.
func (d describedDuplicates) text(noun string) string {
	switch {
	case !d.Searched:
		return fmt.Sprintf("not searched, because there is not enough memory for so many %ss", noun)
	case d.Count == 0:
		return fmt.Sprintf("none: no two %ss are equal", noun)
	}
	of := map[string]string{"train": "training " + noun, "validation": "validation " + noun, "test": "test " + noun}
	var words []string
	for _, b := range d.Between {
		verb, earlier := "equal", "a "+of[b.Of]
		if b.Count == 1 {
			verb = "equals"
		}
		if b.Split == b.Of {
			earlier = "an earlier " + of[b.Of]
		}
		words = append(words, fmt.Sprintf("%s %s %s", many(b.Count, of[b.Split]), verb, earlier))
	}
	if d.OtherClass > 0 {
		words = append(words, fmt.Sprintf("%d of these pairs with different classes", d.OtherClass))
	}
	return strings.Join(words, ", ")
}

// rows are the lines of the table of duplicates.
func (d describedDuplicates) rows() (rows [][]string) {
	text := func(p duplicatePlace) string {
		if p.Name != "" {
			return fmt.Sprintf("%s %s", p.Split, p.Name)
		}
		return fmt.Sprintf("%s %d", p.Split, p.Index)
	}
	for _, pair := range d.First {
		classes := pair.Image.Class
		if pair.Of.Class != classes {
			classes += " ≠ " + pair.Of.Class
		}
		rows = append(rows, []string{text(pair.Image), text(pair.Of), classes})
	}
	return rows
}
