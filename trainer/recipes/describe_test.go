package recipes_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// TestDescribe checks that the described graph of every model is complete. It has each
// trained parameter once, except a codebook, and both losses if the model has an opponent.
func TestDescribe(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			u := s.small()
			e := experiment(t, u, tinyData(u))
			nodes, err := e.Describe()
			if err != nil {
				t.Fatal(err)
			}
			numbers := 0
			for i, n := range nodes {
				if len(n.Inputs) > 0 && slices.Max(n.Inputs) >= i {
					t.Errorf("%s %s is listed before its inputs %v", n.Place, n.Name, n.Inputs)
				}
				if n.Role == "parameter" {
					numbers += product(t, n.Shape)
				}
			}
			statistics, want := 0, e.Parameters.Count()
			for _, p := range e.Parameters.All() {
				switch p.Role {
				case graph.Statistic:
					statistics += len(p.Values())
				case graph.Codebook: // a constant of an operation, so it is no node
					want -= len(p.Values())
				}
			}
			if numbers < want || numbers > want+statistics {
				t.Errorf("the parameters have %d numbers, want %d and at most %d more", numbers, want, statistics)
			}
			if o := e.Final().Opponent; o != nil {
				checkAdversarial(t, nodes, o.Title)
			}
		})
	}
}

// TestSketch describes every model without data. Each parameter that the stage trains has
// one gradient, and a gradient of no other parameter is listed.
func TestSketch(t *testing.T) {
	for _, r := range recipes.List() {
		t.Run(r.Name, func(t *testing.T) {
			c := trainer.Defaults()
			if r.Defaults != nil {
				r.Defaults(&c)
			}
			source := trainer.Source{Shape: graph.Shape{Channels: 2, Height: 12, Width: 12}, Classes: 10}
			sketch, err := trainer.NewSketch(c, r.Name, r.New(), source)
			if err != nil {
				t.Fatal(err)
			}
			for _, stage := range sketch.Stages {
				nodes, err := sketch.Describe(stage, true)
				if err != nil {
					t.Fatal(err)
				}
				checkGradientNodes(t, stage, nodes)
			}
			if _, err := sketch.Stage("none"); !errors.Is(err, trainer.ErrConfiguration) {
				t.Errorf("stage none: %v", err)
			}
		})
	}
}

func checkGradientNodes(t *testing.T, stage trainer.Stage, nodes []graph.Node) {
	t.Helper()
	shape, trained, gradients := make(map[string]string), 0, make(map[string]int)
	for i, n := range nodes {
		if len(n.Inputs) > 0 && slices.Max(n.Inputs) >= i {
			t.Errorf("%s %s is listed before its inputs %v", n.Place, n.Name, n.Inputs)
		}
		if n.Role == graph.ParameterRole {
			shape[n.Place+"/"+n.Name] = n.Shape
		}
		if n.Values > 0 && (!stage.Prior || strings.HasPrefix(n.Place, "prior")) {
			trained++
		}
	}
	for _, n := range nodes {
		if n.Of == "" {
			continue
		}
		gradients[n.Of]++
		part, rest, _ := strings.Cut(n.Of, "/")
		if title := stage.Titles[part]; title != "" {
			part = title
		}
		if want := shape[part+"/"+rest]; n.Shape != want || gradients[n.Of] > 1 {
			t.Errorf("gradient %d of %s has the shape %s, want %s", gradients[n.Of], n.Of, n.Shape, want)
		}
	}
	if len(gradients) != trained || trained == 0 {
		t.Errorf("stage %s has gradients of %d parameters, want %d", stage.Name, len(gradients), trained)
	}
}

func product(t *testing.T, shape string) int {
	t.Helper()
	total := 1
	for _, side := range strings.Split(shape, "×") {
		n, err := strconv.Atoi(side)
		if err != nil {
			t.Fatalf("a parameter has the shape %s", shape)
		}
		total *= n
	}
	return total
}

// checkAdversarial checks that both losses depend on the real and the generated samples.
func checkAdversarial(t *testing.T, nodes []graph.Node, real string) {
	ancestors := make([]map[string]bool, len(nodes))
	losses := make(map[string]map[string]bool)
	for i, n := range nodes {
		ancestors[i] = map[string]bool{n.Name: true, n.Role: true}
		for _, input := range n.Inputs {
			for name := range ancestors[input] {
				ancestors[i][name] = true
			}
		}
		if strings.HasSuffix(n.Name, "loss") {
			losses[n.Name] = ancestors[i]
		}
	}
	made := "sample"
	if real != "real images" {
		made = trainer.Code
	}
	for _, loss := range []string{"discriminator loss", "adversarial loss"} {
		if !losses[loss][real] || !losses[loss][made] {
			t.Errorf("the %s is computed from %v, want %s and %s", loss, losses[loss], real, made)
		}
	}
	if made == "sample" && slices.ContainsFunc(nodes, func(n graph.Node) bool { return strings.HasPrefix(n.Place, "decoder") }) {
		t.Error("the generator is called decoder")
	}
}
