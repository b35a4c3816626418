package recipes_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// options are what can be asked of a plain autoencoder of sigmoid units.
var options = []struct {
	name string
	ask  func(*trainer.Config)
}{
	{"corruption", func(c *trainer.Config) { corrupt(c, "masking:0.25") }},
	{"sparsity", func(c *trainer.Config) { c.Sparsity = 1 }},
	{"running sparsity", func(c *trainer.Config) { c.Sparsity, c.SparsityMean = 1, "running" }},
	{"l1", func(c *trainer.Config) { c.L1 = 0.1 }},
	{"contraction", func(c *trainer.Config) { c.Contraction = 0.1 }},
	{"tied", func(c *trainer.Config) { c.Tied = true }},
	{"depth", func(c *trainer.Config) { c.Hidden = []int{12, 8} }},
}

func corrupt(c *trainer.Config, text string) {
	if err := c.Corruption.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
}

// TestCombinations trains with any two of the options, plainly and in stages.
func TestCombinations(t *testing.T) {
	for _, model := range []string{"dense", "stacked", "sparse", "contractive"} {
		for i, first := range options {
			for _, second := range options[:i] {
				t.Run(fmt.Sprintf("%s/%s, %s", model, first.name, second.name), func(t *testing.T) {
					c, data := small(find(model))
					c.Activation, c.CodeActivation, c.Epochs, c.PretrainEpochs = kernel.Sigmoid, kernel.Sigmoid, 1, 1
					first.ask(&c)
					second.ask(&c)
					_, dir := trained(t, c, data, find(model))
					records, err := trainer.ReadRecords(dir)
					if err != nil {
						t.Fatal(err)
					}
					if last := records[len(records)-1]; math.IsNaN(last.Loss) || last.Loss <= 0 {
						t.Errorf("%+v", last)
					}
				})
			}
		}
	}
}

// TestRefused asks for what makes no sense, and for the reason.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		model, want string
		ask         func(*trainer.Config)
	}{
		{"dense", "linear units are not; hint: sigmoid", func(c *trainer.Config) { c.Sparsity = 1 }},
		{"dense", "weight decay", func(c *trainer.Config) { c.Contraction = 1 }},
		{"stacked", "relu units are not", func(c *trainer.Config) { c.Sparsity, c.Activation = 1, kernel.ReLU }},
		{"sparse", "top-k decides already", func(c *trainer.Config) { c.TopK = 2 }},
		{"sparse", "top-k is 4; hint: 0 for all", func(c *trainer.Config) { c.TopK = 4 }},
		{"contractive", "top-k decides already", func(c *trainer.Config) { c.TopK = 2 }},
		{"vae", "gaussian code has its own penalty", func(c *trainer.Config) { c.L1 = 1 }},
		{"vae", "and all of them", func(c *trainer.Config) { c.TopK = 2 }},
		{"contractive", "encoder/1, which is normalised", func(c *trainer.Config) { c.Hidden, c.Normalisation = []int{12}, graph.Batchwise }},
		{"zerobias", "decides already which units are active", func(c *trainer.Config) { c.Contraction = 1 }},
		{"sparse", "of hidden layers, and there are none; hint: such as --hidden", func(c *trainer.Config) { c.Dropout = 0.5 }},
		{"synchrony", "and there are none", func(c *trainer.Config) { c.Normalisation = graph.Layerwise }},
		{"linear", "linear and plain", func(c *trainer.Config) { c.Hidden, c.Normalisation = []int{12}, graph.Batchwise }},
		{"dense", "dropout is 1; hint: from 0 to below 1", func(c *trainer.Config) { c.Dropout = 1 }},
		{"conv", "without max pooling; hint: --encoder", func(c *trainer.Config) { c.Upsampling = graph.Unpooling }},
		{"conv", "average pooling keeps no place", func(c *trainer.Config) { c.Encoder, c.Upsampling = "conv:3,3 avgpool:2", graph.Unpooling }},
	} {
		t.Run(test.model+"/"+test.want, func(t *testing.T) {
			r, err := recipes.Find(test.model)
			if err != nil {
				t.Fatal(err)
			}
			c, data := small(r)
			test.ask(&c)
			_, err = experiment(c, data, r)
			if !errors.Is(err, trainer.ErrConfiguration) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
