package export_test

import (
	"encoding/binary"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// fields are the fields of a message by number, in order.
type fields map[protowire.Number][]any

// parse reads a message of protobuf.
func parse(t *testing.T, data []byte) fields {
	t.Helper()
	all := make(fields)
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		data = data[n:]
		var value any
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			value, n = protowire.ConsumeFixed32(data)
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(data)
		default:
			t.Fatalf("field %d has type %d", number, kind)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		all[number], data = append(all[number], value), data[n:]
	}
	return all
}

func (f fields) texts(number protowire.Number) (list []string) {
	for _, v := range f[number] {
		list = append(list, string(v.([]byte)))
	}
	return list
}

func (f fields) text(number protowire.Number) string {
	if list := f.texts(number); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (f fields) ints(number protowire.Number) (list []int) {
	for _, v := range f[number] {
		list = append(list, int(v.(uint64)))
	}
	return list
}

func (f fields) inside(t *testing.T, number protowire.Number) (list []fields) {
	for _, v := range f[number] {
		list = append(list, parse(t, v.([]byte)))
	}
	return list
}

// array is a tensor, or the value of a node of a network that runs.
type array struct {
	shape  []int
	values []float64
}

// node is an operation of a network.
type node struct {
	kind    string
	in, out []string
	ints    map[string][]int
	floats  map[string]float64
	texts   map[string]string
}

// network is a network that was read from a file of ONNX.
type network struct {
	ir, opset       int
	metadata        map[string]string
	nodes           []node
	constants       map[string]array
	inputs, outputs map[string][]int // shapes by name, without the batch
	types           map[string]int   // of inputs and outputs
	batch           []string         // names of the first dimensions
}

// read reads a file of ONNX.
func read(t *testing.T, data []byte) *network {
	t.Helper()
	model := parse(t, data)
	graph := model.inside(t, 7)[0]
	n := &network{
		ir: model.ints(1)[0], opset: model.inside(t, 8)[0].ints(2)[0], metadata: make(map[string]string),
		constants: make(map[string]array), inputs: make(map[string][]int), outputs: make(map[string][]int), types: make(map[string]int),
	}
	for _, entry := range model.inside(t, 14) {
		n.metadata[entry.text(1)] = entry.text(2)
	}
	for _, f := range graph.inside(t, 1) {
		n.nodes = append(n.nodes, readNode(t, f))
	}
	for _, f := range graph.inside(t, 5) {
		n.constants[f.text(8)] = readTensor(f)
	}
	n.ports(t, graph.inside(t, 11), n.inputs)
	n.ports(t, graph.inside(t, 12), n.outputs)
	return n
}

func readNode(t *testing.T, f fields) node {
	n := node{f.text(4), f.texts(1), f.texts(2), make(map[string][]int), make(map[string]float64), make(map[string]string)}
	for _, a := range f.inside(t, 5) {
		name := a.text(1)
		switch kind := a.ints(20)[0]; kind {
		case 1:
			n.floats[name] = float64(math.Float32frombits(a[2][0].(uint32)))
		case 2:
			n.ints[name] = a.ints(3)
		case 3:
			n.texts[name] = a.text(4)
		case 7:
			n.ints[name] = a.ints(8)
		default:
			t.Errorf("attribute %s of %s has type %d", name, n.kind, kind)
		}
	}
	return n
}

func readTensor(f fields) array {
	a := array{shape: f.ints(1)}
	data := f[9][0].([]byte)
	if f.ints(2)[0] == 7 {
		for ; len(data) > 0; data = data[8:] {
			a.values = append(a.values, float64(int64(binary.LittleEndian.Uint64(data))))
		}
		return a
	}
	for ; len(data) > 0; data = data[4:] {
		a.values = append(a.values, float64(math.Float32frombits(binary.LittleEndian.Uint32(data))))
	}
	return a
}

func (n *network) ports(t *testing.T, list []fields, shapes map[string][]int) {
	for _, f := range list {
		tensor := f.inside(t, 2)[0].inside(t, 1)[0]
		dimensions := tensor.inside(t, 2)[0].inside(t, 1)
		n.batch = append(n.batch, dimensions[0].text(2))
		shape := []int{}
		for _, d := range dimensions[1:] {
			shape = append(shape, d.ints(1)[0])
		}
		shapes[f.text(1)], n.types[f.text(1)] = shape, tensor.ints(1)[0]
	}
}
