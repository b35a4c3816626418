package cmd

import (
	"context"
	"fmt"
	"io"
	"math"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// alignedImages is the largest number of test images whose codes are compared. It is
// larger than most codes, because the alignment of few images is too high.
const alignedImages = 5000

// alignment has the linear CKA of the codes of each two runs. A nil says that the codes of
// a run do not vary.
type alignment [][]*float64

// alignCodes compares the codes that models give to the same images.
func alignCodes(ctx context.Context, models []*trainer.Trained, images loaders.Split) (alignment, error) {
	codes := make([]evaluate.Matrix, len(models))
	for i, m := range models {
		values, err := m.Encode(ctx, images)
		if err != nil {
			return nil, err
		}
		codes[i] = evaluate.NewMatrix(values, m.CodeSize())
	}
	found, err := evaluate.CKA(codes...)
	if err != nil {
		return nil, err
	}
	all := make(alignment, len(models))
	for i, row := range found {
		all[i] = make([]*float64, len(models))
		for j, v := range row {
			if !math.IsNaN(v) {
				all[i][j] = &v
			}
		}
	}
	return all, nil
}

// print prints a table. The header has a word for the rows and the names of the runs.
func (a alignment) print(w io.Writer, header []string) error {
	rows := [][]string{append([]string{"cka of codes"}, header[1:]...)}
	for i, values := range a {
		row := []string{header[1+i]}
		for _, v := range values {
			if v == nil {
				row = append(row, "–")
				continue
			}
			row = append(row, fmt.Sprintf("%.3f", *v))
		}
		rows = append(rows, row)
	}
	printf(w, "\n")
	return table(w, rows...)
}
