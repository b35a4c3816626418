package cmd

import (
	"fmt"

	"gaetrain/trainer/evaluate"
)

// verdict is what judge.json holds.
type verdict struct {
	Run         string    `json:"run"`
	Checkpoint  string    `json:"checkpoint"`
	Epoch       int       `json:"epoch"`
	Dataset     string    `json:"dataset"`
	Codes       string    `json:"codes"` // what they were drawn from
	Seed        uint64    `json:"seed"`
	Temperature float64   `json:"temperature"`
	Judge       string    `json:"judge"`
	Features    int       `json:"features"`
	Accuracy    float64   `json:"judge_accuracy,omitempty"` // on the test images; 0 without labels
	Images      int       `json:"images"`                   // of each set
	Neighbours  int       `json:"neighbours"`
	Classes     []string  `json:"classes"`
	Sets        []finding `json:"sets"`
}

// finding is what is found of a set of images. Test images have no distance
// from themselves, training images none from the training images.
type finding struct {
	Set     string   `json:"set"`
	Frechet *float64 `json:"frechet,omitempty"`
	*evaluate.Overlap
	evaluate.Shares
	ClassDivergence *float64  `json:"class_kl"` // nil: the test images lack a class
	Nearest         []float64 `json:"nearest,omitempty"`
}

// nearness are the measures of Nearest.
var nearness = []string{"pixels", "features"}

func (v verdict) sureness() string {
	if v.Accuracy == 0 {
		return ""
	}
	return fmt.Sprintf(", %s of the test images right", percent(v.Accuracy))
}

// rows are the lines of the table of sets.
func (v verdict) rows() [][]string {
	rows := [][]string{{"", "frechet", "precision", "recall", "density", "coverage", "class_kl", "confidence", "nearest: pixels", "features"}}
	number := func(format string, value *float64) string {
		if value == nil {
			return "–"
		}
		return fmt.Sprintf(format, *value)
	}
	for _, f := range v.Sets {
		row := []string{f.Set, number("%.4g", f.Frechet)}
		if o := f.Overlap; o != nil {
			for _, value := range []float64{o.Precision, o.Recall, o.Density, o.Coverage} {
				row = append(row, fmt.Sprintf("%.4f", value))
			}
		} else {
			row = append(row, "–", "–", "–", "–")
		}
		row = append(row, number("%.4f", f.ClassDivergence), fmt.Sprintf("%.4f", f.Confidence))
		for m := range nearness {
			if f.Nearest == nil {
				row = append(row, "–")
				continue
			}
			row = append(row, fmt.Sprintf("%.4g", f.Nearest[m]))
		}
		rows = append(rows, row)
	}
	return rows
}

// classes are the lines of the table of classes.
func (v verdict) classes() [][]string {
	rows := [][]string{{"class"}}
	for _, f := range v.Sets {
		rows[0] = append(rows[0], f.Set)
	}
	for class, name := range v.Classes {
		row := []string{name}
		for _, f := range v.Sets {
			row = append(row, percent(f.Shares.Shares[class]))
		}
		rows = append(rows, row)
	}
	return rows
}
