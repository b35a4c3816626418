package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gaetrain/loaders"
)

// The numbers of votes and of images of a vote, as in Locatello 2019 and Kim, Mnih 2018.
const (
	trainingVotes = 10000
	countedVotes  = 5000
	imagesPerVote = 64
)

// majorityVote returns the accuracy of the classifier that predicts, from the value of the
// code that varies least in some images, the factor that these images share. A value of the
// code varies by its variance, relative to that of all images.
func majorityVote(ctx context.Context, codes Matrix, factors []loaders.Factor, random *rand.Rand) (float64, error) {
	variance := codes.variances(nil)
	groups := make([][][]int, len(factors)) // images by factor and value, of values with two images or more
	for k, f := range factors {
		byValue := make([][]int, f.Size)
		for i, v := range f.Values {
			byValue[v] = append(byValue[v], i)
		}
		for _, group := range byValue {
			if len(group) > 1 {
				groups[k] = append(groups[k], group)
			}
		}
		if groups[k] == nil {
			return 0, fmt.Errorf("%w: no two images have the same %s; hint: more images", ErrInput, f.Name)
		}
	}
	vote := func() (k, least int) {
		k = random.IntN(len(factors))
		group := groups[k][random.IntN(len(groups[k]))]
		n := min(imagesPerVote, len(group))
		for i := range n {
			j := i + random.IntN(len(group)-i)
			group[i], group[j] = group[j], group[i]
		}
		smallest := math.Inf(1)
		for l, v := range codes.variances(group[:n]) {
			if variance[l] > 0 && v/variance[l] < smallest {
				least, smallest = l, v/variance[l]
			}
		}
		return k, least
	}
	votes := table(codes.Columns, len(factors))
	for range trainingVotes {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		k, l := vote()
		votes[l][k]++
	}
	chosen := make([]int, codes.Columns)
	for l, row := range votes {
		for k, n := range row {
			if n > row[chosen[l]] {
				chosen[l] = k
			}
		}
	}
	right := 0
	for range countedVotes {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if k, l := vote(); k == chosen[l] {
			right++
		}
	}
	return float64(right) / countedVotes, nil
}

// variances returns the variance of each column over some rows; nil: over all.
func (m Matrix) variances(rows []int) []float64 {
	n := len(rows)
	if rows == nil {
		n = m.Rows
	}
	mean, variance := make([]float64, m.Columns), make([]float64, m.Columns)
	row := func(i int) []float32 {
		if rows != nil {
			i = rows[i]
		}
		return m.Values[i*m.Columns : (i+1)*m.Columns]
	}
	for i := range n {
		for l, v := range row(i) {
			mean[l] += float64(v) / float64(n)
		}
	}
	for i := range n {
		for l, v := range row(i) {
			variance[l] += (float64(v) - mean[l]) * (float64(v) - mean[l]) / float64(n-1)
		}
	}
	return variance
}
