package export

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph/trace"
)

// class is a module of PyTorch that is written as Python.
type class struct {
	name, doc string
	n         *trace.Network
}

// source writes the class.
func (c class) source() string {
	var b strings.Builder
	fmt.Fprintf(&b, "class %s(nn.Module):\n    \"\"\"%s\"\"\"\n", c.name, c.doc)
	b.WriteString("\n    def __init__(self):\n        super().__init__()\n")
	for _, m := range c.n.Modules {
		if m.Constructor == "" {
			fmt.Fprintf(&b, "        self.register_buffer(%q, torch.zeros(%s))\n", m.Name, sides(m.State[0].Shape))
			continue
		}
		fmt.Fprintf(&b, "        self.%s = %s\n", m.Name, m.Constructor)
	}
	names := []string{"self"}
	for _, p := range c.n.Inputs {
		names = append(names, argument(p))
	}
	fmt.Fprintf(&b, "\n    def forward(%s):\n", strings.Join(names, ", "))
	for _, line := range statements(c.n) {
		fmt.Fprintf(&b, "        %s\n", line)
	}
	return b.String()
}

func sides(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
}

// argument is the name of an input in Python.
func argument(p trace.Port) string {
	switch p.Name {
	case "input":
		return "x"
	case "code":
		return "z"
	}
	return p.Name
}

// phrase is an expression of Python. Its operands are phrases, or values that have
// names; nil.
type phrase struct {
	step     *trace.Step
	operands []*phrase
}

// widest is the length, in characters, up to which expressions are joined.
const widest = 80

// statements writes the steps of a network. The last statement returns its outputs. An
// expression whose value is used only once is written where it is used, unless the line
// becomes long.
func statements(n *trace.Network) (lines []string) {
	list := phrases(n)
	names := make(map[*trace.Value]string)
	for _, p := range n.Inputs {
		names[p.Value] = argument(p)
	}
	fresh := 0
	for i, p := range list[:len(list)-1] {
		text, _ := p.text(names)
		name := ""
		for _, v := range p.reads() { // the name of a value that is not used again
			later := slices.ContainsFunc(list[i+1:], func(q *phrase) bool { return slices.Contains(q.reads(), v) })
			if !later && names[v] != "labels" {
				name = names[v]
				break
			}
		}
		if name == "" {
			fresh++
			name = "h" + strings.Repeat("h", fresh-1)
			if fresh > 1 {
				name = fmt.Sprint("h", fresh)
			}
		}
		names[p.step.Of] = name
		lines = append(lines, name+" = "+text)
	}
	text, _ := list[len(list)-1].text(names)
	return append(lines, "return "+text)
}

// phrases joins the steps of a network to the expressions of its statements. The last
// one is the tuple of its outputs.
func phrases(n *trace.Network) (list []*phrase) {
	uses := make(map[*trace.Value]int)
	result := &trace.Step{Expression: strings.TrimSuffix(strings.Repeat("%s, ", len(n.Outputs)), ", ")}
	for _, p := range n.Outputs {
		result.In = append(result.In, p.Value)
	}
	steps := append(slices.Clone(n.Steps), result)
	for _, s := range steps {
		for _, in := range s.In {
			uses[in]++
		}
	}
	waiting := make(map[*trace.Value]*phrase) // values that are used once
	for _, s := range steps {
		p := &phrase{s, make([]*phrase, len(s.In))}
		for i, in := range s.In {
			p.operands[i] = waiting[in]
		}
		if text, _ := p.text(nil); len(text) > widest {
			for i, operand := range p.operands {
				if operand != nil {
					list, p.operands[i] = append(list, operand), nil
				}
			}
		}
		for _, in := range s.In {
			delete(waiting, in)
		}
		if s == result || uses[s.Of] != 1 {
			list = append(list, p)
		} else {
			waiting[s.Of] = p
		}
	}
	return list
}

// reads lists the values that a phrase names.
func (p *phrase) reads() (values []*trace.Value) {
	for i, operand := range p.operands {
		if operand == nil {
			values = append(values, p.step.In[i])
		} else {
			values = append(values, operand.reads()...)
		}
	}
	return values
}

// text writes a phrase, and reports whether it is a sum or product, which needs
// parentheses as an operand. Values without a name are x.
func (p *phrase) text(names map[*trace.Value]string) (text string, open bool) {
	parts := strings.Split(p.step.Expression, "%s")
	depth := 0
	for i, part := range parts {
		for _, r := range part {
			switch r {
			case '(', '[':
				depth++
			case ')', ']':
				depth--
			case ' ':
				open = open || depth == 0
			}
		}
		text += part
		if i == len(p.operands) {
			break
		}
		operand, within := "x", false
		if q := p.operands[i]; q != nil {
			operand, within = q.text(names)
		} else if name, ok := names[p.step.In[i]]; ok {
			operand = name
		}
		alone := (text == "" || strings.HasSuffix(text, "(") || strings.HasSuffix(text, ", ")) && (parts[i+1] == "" || strings.HasPrefix(parts[i+1], ")") || strings.HasPrefix(parts[i+1], ", "))
		if within && !alone {
			operand = "(" + operand + ")"
		}
		if parts[0] == "" && len(parts) == 2 && parts[1] == "" { // the same value
			open = within
		}
		text += operand
	}
	return text, open
}
