package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// GroupNorm normalises each image over the values of each group, with the given
// number of groups of neighbouring units or channels (Wu & He 2018).
func GroupNorm(groups int) Norm { return Norm(fmt.Sprintf("group:%d", groups)) }

type groupNorm struct{ groups int }

func parseGroups(text string) (normaliser, error) {
	groups, err := parseCount(text)
	if err == nil && groups < 1 {
		err = fmt.Errorf("normalisation of %d groups; hint: at least 1, such as group:8", groups)
	}
	return groupNorm{groups}, err
}

func (n groupNorm) name() Norm { return GroupNorm(n.groups) }

func (n groupNorm) check(u *units) error {
	if u.count%n.groups != 0 {
		return impossible("normalisation of %s in %d groups, of %d units or channels; hint: a number of groups that divides them", u.at.Name, n.groups, u.count)
	}
	if u.out.Size() == n.groups {
		return impossible("normalisation of %s in %d groups of a single value; hint: fewer groups", u.at.Name, n.groups)
	}
	return nil
}

func (n groupNorm) declare(s *graph.Scope, u *units) func(kernel.Activation, graph.Value, graph.Value) graph.Value {
	gain := gain(s, u)
	return func(act kernel.Activation, x, bias graph.Value) graph.Value {
		return s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.GroupNormalise(u.at.Name, rows, n.groups, act, x, more[0], second(more))
		}, x, append([]graph.Value{gain}, optional(bias)...)...)
	}
}
