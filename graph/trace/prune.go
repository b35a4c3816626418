package trace

import (
	"fmt"
	"slices"
	"strings"
)

// Finish removes what no output needs. It returns an error that names an operation that
// an output needs and that has no form in ONNX.
func (n *Network) Finish() error {
	needed := make(map[*Value]bool)
	var steps []*Value
	for _, out := range n.Outputs {
		if out.Missing != "" {
			return fmt.Errorf("%s has no form in ONNX", out.Missing)
		}
		needed[out.Value] = true
		steps = append(steps, out.Value)
	}
	n.pruneNodes(needed)
	if err := n.pruneSteps(steps); err != nil {
		return err
	}
	n.Inputs = slices.DeleteFunc(n.Inputs, func(p Port) bool { return !needed[p.Value] })
	return nil
}

func (n *Network) pruneNodes(needed map[*Value]bool) {
	constants := make(map[*Tensor]bool)
	for i := len(n.Nodes) - 1; i >= 0; i-- {
		node := n.Nodes[i]
		if !slices.ContainsFunc(node.Out, func(v *Value) bool { return needed[v] }) {
			n.Nodes = slices.Delete(n.Nodes, i, i+1)
			continue
		}
		for _, in := range node.In {
			if in == nil {
				continue
			}
			if needed[in] = true; in.Constant != nil {
				constants[in.Constant] = true
			}
		}
	}
	n.Tensors = slices.DeleteFunc(n.Tensors, func(t *Tensor) bool { return !constants[t] })
}

// pruneSteps keeps the statements that the values need, and the modules and functions
// that these mention.
func (n *Network) pruneSteps(values []*Value) error {
	used := make(map[*Step]bool)
	for len(values) > 0 {
		v := values[len(values)-1]
		values = values[:len(values)-1]
		switch {
		case slices.ContainsFunc(n.Inputs, func(p Port) bool { return p.Value == v }):
		case v.step == nil:
			return fmt.Errorf("%s has no form in PyTorch", v.Name)
		case !used[v.step]:
			used[v.step] = true
			values = append(values, v.step.In...)
		}
	}
	n.Steps = slices.DeleteFunc(n.Steps, func(s *Step) bool { return !used[s] })
	mentioned := func(text string) bool {
		return slices.ContainsFunc(n.Steps, func(s *Step) bool { return mentions(s.Expression, text) })
	}
	n.Modules = slices.DeleteFunc(n.Modules, func(m Module) bool { return !mentioned("self." + m.Name) })
	n.Helpers = slices.DeleteFunc(n.Helpers, func(h string) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(h, "def "), "(")
		return !mentioned(name)
	})
	return nil
}

// mentions reports whether an expression has a name as a whole word.
func mentions(expression, name string) bool {
	for {
		at := strings.Index(expression, name)
		if at < 0 {
			return false
		}
		expression = expression[at+len(name):]
		if expression == "" || !strings.ContainsRune("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", rune(expression[0])) {
			return true
		}
	}
}
