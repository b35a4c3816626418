package recipes_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/trainer"
)

// TestDescribe checks that the described graph of every model is complete. It has each
// trained parameter once, and both losses if the model has an opponent.
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
			statistics := 0
			for _, p := range e.Parameters.All() {
				if p.Role == graph.Statistic {
					statistics += len(p.Values())
				}
			}
			if want := e.Parameters.Count(); numbers < want || numbers > want+statistics {
				t.Errorf("the parameters have %d numbers, want %d and at most %d more", numbers, want, statistics)
			}
			if o := e.Final().Opponent; o != nil {
				checkAdversarial(t, nodes, o.Title)
			}
		})
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
