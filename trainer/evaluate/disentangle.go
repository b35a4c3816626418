package evaluate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gaetrain/loaders"
)

// Disentangled measures how codes relate to the known factors of variation of their
// images. All measures are best at 1. They are computed from the codes of the same N
// images, with the definitions of Locatello 2019 unless they say otherwise.
type Disentangled struct {
	// MIG is the mutual information gap (Chen 2018): the difference of the two values of
	// the code with most information about a factor, divided by the entropy of the factor.
	// Values of the code are sorted into 20 intervals.
	MIG float64 `json:"mig"`
	// SAP is the separated attribute predictability (Kumar 2018): the difference of the two
	// values of the code that predict a factor best, by the squared correlation or, for a
	// factor with C classes, by balanced accuracy, with which the best difference is 1 − 1/C.
	SAP float64 `json:"sap"`
	// Modularity says whether a value of the code has information about one factor only
	// (Ridgeway, Mozer 2018).
	Modularity float64 `json:"modularity"`
	// DCI are disentanglement, completeness and informativeness (Eastwood, Williams 2018)
	// by a random forest per factor. The paper offers lasso or a random forest;
	// Locatello 2019 uses boosted trees.
	DCI
	// MajorityVote is the score of Kim, Mnih 2018: how often the value of the code that
	// varies least in images that share a factor tells which factor it is.
	MajorityVote float64 `json:"factorvae_score"`

	Factors []FactorScore `json:"factors"` // those that vary
	// Information is the mutual information of each value of the code and each of Factors,
	// divided by the entropy of the factor.
	Information [][]float64 `json:"normalised_information"`
}

// FactorScore has the measures of one factor.
type FactorScore struct {
	Name            string  `json:"name"`
	Code            int     `json:"code"` // the value of the code with most information about it
	Information     float64 `json:"normalised_information"`
	MIG             float64 `json:"mig"`
	SAP             float64 `json:"sap"`
	Completeness    float64 `json:"completeness"`
	Informativeness float64 `json:"informativeness"`
}

// FactorMeasure is a measure of all factors together. It is from 0 to 1, and higher is better.
type FactorMeasure struct {
	Name    string // in JSON
	Title   string // short, for a column
	Meaning string
	Of      func(Disentangled) float64
}

// FactorMeasures are the measures in the order of tables.
var FactorMeasures = []FactorMeasure{
	{"mig", "MIG", "mutual information gap", func(d Disentangled) float64 { return d.MIG }},
	{"sap", "SAP", "separated attribute predictability", func(d Disentangled) float64 { return d.SAP }},
	{"modularity", "modularity", "of the values of the code", func(d Disentangled) float64 { return d.Modularity }},
	{"dci_disentanglement", "DCI disent.", "of the values of the code", func(d Disentangled) float64 { return d.Disentanglement }},
	{"dci_completeness", "DCI compl.", "of the factors", func(d Disentangled) float64 { return d.Completeness }},
	{"dci_informativeness", "DCI inform.", "of the variance of the factors", func(d Disentangled) float64 { return d.Informativeness }},
	{"factorvae_score", "FactorVAE", "accuracy of the majority vote", func(d Disentangled) float64 { return d.MajorityVote }},
}

// leastForFactors is the number of images below which the measures mean nothing.
const leastForFactors = 100

// Disentangle measures codes N×L against factors with N values. Factors with one value are
// ignored. Random halves and samples depend on the seed. Errors wrap ErrInput or are those
// of the context.
func Disentangle(ctx context.Context, codes Matrix, factors []loaders.Factor, seed uint64) (d Disentangled, err error) {
	factors, err = varied(codes, factors)
	if err != nil {
		return d, err
	}
	columns := make([][]int, codes.Columns)
	for l := range columns {
		columns[l] = codes.bins(l)
	}
	information, predictable := table(codes.Columns, len(factors)), table(codes.Columns, len(factors))
	for l := range columns {
		for k, f := range factors {
			j := newJoint(columns[l], f)
			information[l][k], predictable[l][k] = j.information(), separability(codes, l, f, j)
		}
	}
	d.Modularity = modularity(information)
	d.Information = information
	var each []factorDCI
	if d.DCI, each, err = newDCI(ctx, codes, factors, seed); err != nil {
		return d, err
	}
	n := float64(len(factors))
	for k, f := range factors {
		h := entropy(f)
		s := FactorScore{Name: f.Name, SAP: gap(predictable, k), Completeness: each[k].completeness, Informativeness: each[k].explained}
		for l := range information {
			information[l][k] /= h
			if information[l][k] > information[s.Code][k] {
				s.Code = l
			}
		}
		s.Information, s.MIG = information[s.Code][k], gap(information, k)
		d.MIG += s.MIG / n
		d.SAP += s.SAP / n
		d.Factors = append(d.Factors, s)
	}
	d.MajorityVote, err = majorityVote(ctx, codes, factors, rand.New(rand.NewPCG(seed, 1<<32)))
	return d, err
}

// FactorInformation returns the mutual information of each value of codes N×L and each
// factor that has more than one value, divided by the entropy of the factor, and the names
// of these factors. Errors wrap ErrInput.
func FactorInformation(codes Matrix, factors []loaders.Factor) (information [][]float64, names []string, err error) {
	factors, err = varied(codes, factors)
	if err != nil {
		return nil, nil, err
	}
	information = table(codes.Columns, len(factors))
	for l, row := range information {
		bins := codes.bins(l)
		for k, f := range factors {
			row[k] = newJoint(bins, f).information() / entropy(f)
		}
	}
	for _, f := range factors {
		names = append(names, f.Name)
	}
	return information, names, nil
}

// varied checks codes and factors, and returns the factors that have more than one value in
// the images.
func varied(codes Matrix, factors []loaders.Factor) (list []loaders.Factor, err error) {
	if err := codes.check(); err != nil {
		return nil, err
	}
	for _, f := range factors {
		if len(f.Values) != codes.Rows {
			return nil, fmt.Errorf("%w: %d values of factor %s for %d codes", ErrInput, len(f.Values), f.Name, codes.Rows)
		}
		for i, v := range f.Values {
			if int(v) >= f.Size {
				return nil, fmt.Errorf("%w: value %d of factor %s of image %d is outside its %d values", ErrInput, v, f.Name, i, f.Size)
			}
		}
		if entropy(f) > 0 {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: the images have no known factor that varies; hint: --dataset factors", ErrInput)
	}
	if codes.Rows < leastForFactors {
		return nil, fmt.Errorf("%w: %d images are too few to measure factors; hint: at least %d", ErrInput, codes.Rows, leastForFactors)
	}
	return list, nil
}

func table(rows, columns int) [][]float64 {
	t := make([][]float64, rows)
	for i := range t {
		t[i] = make([]float64, columns)
	}
	return t
}
