package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
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
		y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.GroupNormalise(u.at.Name, rows, n.groups, act, x, more[0], second(more))
		}, x, append([]graph.Value{gain}, optional(bias)...)...)
		return s.Traced(y, func(t *trace.Network, in []*trace.Value) *trace.Value {
			return graph.Activated(t, u.at.Name, act, n.form(t, u, in[0], in[1], in[2]))
		}, x, gain, bias)
	}
}

// form writes the normalisation of groups: each group is a channel of an instance
// normalisation without gain and bias, which follow.
func (n groupNorm) form(t *trace.Network, u *units, x, gain, bias *trace.Value) *trace.Value {
	name := u.at.Name
	bias = orZeros(name, u, bias)
	ones, zeros := make([]float32, n.groups), make([]float32, n.groups)
	for i := range ones {
		ones[i] = 1
	}
	groups := t.Node(name, "Reshape", nil, nil, x, trace.Whole(name+"/groups", 0, int64(n.groups), -1))
	groups = t.Node(name, "InstanceNormalization", nil, trace.Attributes{trace.Float("epsilon", kernel.NormaliseEpsilon)}, groups,
		trace.Constant(name+"/ones", []int{n.groups}, ones), trace.Constant(name+"/zeros", []int{n.groups}, zeros))
	back := []int64{0}
	for _, side := range x.Shape {
		back = append(back, int64(side))
	}
	y := t.Node(name, "Reshape", x.Shape, nil, groups, trace.Whole(name+"/channels", back...))
	y = t.Node(name, "Mul", x.Shape, nil, y, channelwise(gain, x))
	y = t.Node(name, "Add", x.Shape, nil, y, channelwise(bias, x))
	module := t.Module(name+"/norm", fmt.Sprintf("nn.GroupNorm(%d, %d)", n.groups, u.count), trace.StateOf("weight", gain), trace.StateOf("bias", bias))
	return t.Python(y, module+"(%s)", x)
}

// channelwise returns a constant with one value for each unit or channel of x, in a
// shape that is repeated over the pixels.
func channelwise(c, x *trace.Value) *trace.Value {
	if len(x.Shape) == 1 {
		return c
	}
	return trace.Constant(c.Name, []int{c.Shape[0], 1, 1}, c.Constant.Floats)
}
