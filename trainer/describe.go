package trainer

import (
	"slices"
	"strings"

	"gaetrain/graph"
)

// Describe lists the nodes of the expression graph that the last stage trains, without
// gradients. Each node comes after its inputs. If the stage has an opponent, the list
// includes the opponent's nodes.
func (e *Experiment) Describe() ([]graph.Node, error) {
	s := e.Final()
	return s.describe(e.Parameters, s.filled(e.Config.BatchSize), false)
}

// describe lists the nodes of the stage's programs for batches of the given size. Only
// the programs over a sketch are compiled to list their gradients.
func (s Stage) describe(p *graph.Parameters, batch int, gradients bool) ([]graph.Node, error) {
	list := graph.Describe
	if gradients {
		list = func(p *graph.Parameters, o graph.Options, d graph.Declaration) ([]graph.Node, error) {
			program, err := graph.Compile(p, o, d)
			if err != nil {
				return nil, err
			}
			defer program.Close()
			return program.Describe()
		}
	}
	o := graph.Options{Name: "training", Batch: batch, Training: true}
	if s.reconstructs() {
		o.Outputs = []string{Reconstruction}
	}
	nodes, err := list(p, o, s.Network.Declare)
	if err == nil && s.Opponent != nil {
		var own []graph.Node
		if own, err = list(p, graph.Options{Name: "discriminator", Batch: 2 * batch, Training: true}, s.Opponent.Declare); err == nil {
			nodes = s.Opponent.join(nodes, own)
		}
	}
	for i := range nodes {
		nodes[i] = s.titled(nodes[i])
	}
	return nodes, err
}

// titled returns a node with the titles of the stage.
func (s Stage) titled(n graph.Node) graph.Node {
	if part, rest, found := strings.Cut(n.Place, "/"); found && s.Titles[part] != "" {
		n.Place = s.Titles[part] + "/" + rest
	}
	if title := s.Titles[n.Role]; title != "" {
		n.Role = title
	}
	return n
}

// join adds the opponent's own nodes to those of a model's program. The model's program
// contains the layers of the opponent as well, with fixed weights. The result lists these
// layers once: their inputs are the generated and the real examples, and both losses are
// computed from their output. Each program has gradients of its own.
func (o *Opponent) join(model, own []graph.Node) []graph.Node {
	twin, reused := twins(model, own), make([]int, len(own))
	j := joiner{model: model, at: make([]int, len(model))}
	for i := range own {
		reused[i] = -1
	}
	made := slices.IndexFunc(model, func(n graph.Node) bool { return n.Role == o.Made })
	for i, n := range model {
		j.at[i] = -1
		if of := twin[i]; of >= 0 && isInput(n) {
			reused[of] = i
		} else if of >= 0 {
			continue
		}
		j.addModel(i)
	}
	to := make([]int, len(own))
	for i, n := range own {
		switch {
		case reused[i] >= 0:
			to[i] = j.at[reused[i]]
			continue
		case n.Name == Samples && isInput(n):
			real := graph.Node{Name: o.Title, Role: string(graph.Data), Shape: n.Shape}
			switch o.Real {
			case Noise:
				real.Role = string(graph.Random)
			case Permuted:
				real.Role, real.Inputs = graph.OperationRole, []int{j.at[made]}
			}
			j.list = append(j.list, real)
			n.Inputs, n.Role, n.Name = []int{j.at[made], len(j.list) - 1}, graph.OperationRole, "discriminator input"
		default:
			n.Inputs = moved(n.Inputs, to)
		}
		if strings.HasPrefix(n.Shape, "B×") {
			n.Shape = "2" + n.Shape
		}
		j.list = append(j.list, n)
		to[i] = len(j.list) - 1
	}
	for i, of := range twin {
		if of >= 0 {
			j.at[i] = to[of]
		}
	}
	for i := range model { // the nodes that are computed from the logits
		if j.at[i] < 0 {
			j.addModel(i)
		}
	}
	return j.list
}

// joiner collects the nodes of a model.
type joiner struct {
	model, list []graph.Node
	at          []int // index of each of the model's nodes in the list; -1: not in the list yet
}

// addModel adds a node of the model, unless one of its inputs is not in the list yet.
func (j *joiner) addModel(i int) {
	n := j.model[i]
	if n.Inputs = moved(n.Inputs, j.at); slices.Contains(n.Inputs, -1) {
		return
	}
	j.list = append(j.list, n)
	j.at[i] = len(j.list) - 1
}

// twins finds, for each node of a model, the node of the opponent that has the same
// place and name; -1: none. If several nodes have one name, they are matched in order.
func twins(model, own []graph.Node) []int {
	type name struct{ place, name string }
	byName := make(map[name][]int)
	for i, n := range own {
		if n.Role != graph.GradientRole {
			byName[name{n.Place, n.Name}] = append(byName[name{n.Place, n.Name}], i)
		}
	}
	twin := make([]int, len(model))
	for i, n := range model {
		if twin[i] = -1; n.Role == graph.GradientRole {
			continue
		}
		if found := byName[name{n.Place, n.Name}]; len(found) > 0 {
			twin[i], byName[name{n.Place, n.Name}] = found[0], found[1:]
		}
	}
	return twin
}

func isInput(n graph.Node) bool {
	return len(n.Inputs) == 0 && n.Role != graph.ParameterRole && n.Role != graph.GradientRole
}

// moved translates indices to those of another list.
func moved(indices, to []int) []int {
	result := make([]int, len(indices))
	for i, index := range indices {
		result[i] = to[index]
	}
	return result
}
