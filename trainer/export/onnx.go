package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"gaetrain/graph"
	"gaetrain/graph/trace"
)

// Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
const (
	modelIRVersion, modelProducer, modelProducerVersion, modelDoc, modelGraph, modelOpsets, modelMetadata = 1, 2, 3, 6, 7, 8, 14

	graphNode, graphName, graphInitializer, graphInput, graphOutput                       = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeKind, nodeAttribute                              = 1, 2, 3, 4, 5
	attributeName, attributeFloat, attributeInt, attributeText, attributeInts             = 1, 2, 3, 4, 8
	attributeType                                                                         = 20
	tensorDims, tensorType, tensorName, tensorData                                        = 1, 2, 8, 9
	infoName, infoType, infoDoc                                                           = 1, 2, 3
	typeTensor, tensorElement, tensorShape, shapeDimension, dimensionValue, dimensionName = 1, 1, 2, 1, 1, 2
	opsetVersion                                                                          = 2
	entryKey, entryValue                                                                  = 1, 2
)

// Types of tensors and attributes in onnx.proto.
const (
	float32Type, int64Type                 = 1, 7
	floatKind, intKind, textKind, intsKind = 1, 2, 3, 7
)

// batchName is the name of the first dimension of all inputs and outputs.
const batchName = "batch"

// largestModel limits the size of the constants of a network, in bytes. A message of
// protobuf has at most 2 GiB.
const largestModel = math.MaxInt32 - 16<<20

// checkSize returns an error about a network with too many constants. It wraps
// graph.ErrArchitecture.
func checkSize(n Network) error {
	var bytes int64
	for _, t := range n.Tensors {
		bytes += 4*int64(len(t.Floats)) + 8*int64(len(t.Ints))
	}
	if bytes <= largestModel {
		return nil
	}
	return fmt.Errorf("%w: %s has constants of %d bytes, but a file of ONNX has at most %d; hint: a smaller model", graph.ErrArchitecture, n.Name, bytes, largestModel)
}

// Model describes a model for its file.
type Model struct {
	Doc      string            // a sentence
	Version  string            // of the program
	Ports    map[string]string // descriptions of inputs and outputs by name
	Metadata []Entry
}

// Entry is a line of metadata.
type Entry struct{ Key, Value string }

// message is a message of protobuf that is written field by field.
type message []byte

func (m *message) number(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) text(field protowire.Number, v string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), strings.ToValidUTF8(v, "�"))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (m *message) inside(field protowire.Number, v message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), v)
}

// WriteONNX writes a network in ONNX. The same network gives the same bytes.
func WriteONNX(w io.Writer, n Network, of Model) error {
	var m, opset message
	m.number(modelIRVersion, irVersion(n.Opset))
	m.text(modelProducer, "gaetrain")
	m.text(modelProducerVersion, of.Version)
	m.text(modelDoc, of.Doc)
	content, err := graphMessage(n, of)
	if err != nil {
		return err
	}
	m.inside(modelGraph, content)
	opset.number(opsetVersion, int64(n.Opset))
	m.inside(modelOpsets, opset)
	for _, e := range of.Metadata {
		var entry message
		entry.text(entryKey, e.Key)
		entry.text(entryValue, e.Value)
		m.inside(modelMetadata, entry)
	}
	_, err = w.Write(m)
	return err
}

// irVersion is the lowest version of the format that has a version of the operators.
func irVersion(opset int) int64 {
	if opset < 15 {
		return 7
	}
	return 8
}

func graphMessage(n Network, of Model) (g message, err error) {
	for i, node := range n.Nodes {
		m, err := nodeMessage(i, node)
		if err != nil {
			return nil, err
		}
		g.inside(graphNode, m)
	}
	g.text(graphName, n.Name)
	for _, t := range n.Tensors {
		g.inside(graphInitializer, tensorMessage(t))
	}
	for _, p := range n.Inputs {
		g.inside(graphInput, portMessage(p, of.Ports[p.Name]))
	}
	for _, p := range n.Outputs {
		g.inside(graphOutput, portMessage(p, of.Ports[p.Name]))
	}
	return g, nil
}

func nodeMessage(number int, node trace.Node) (m message, err error) {
	for _, in := range node.In {
		name := "" // an input that is left out
		if in != nil {
			name = in.Name
		}
		m.text(nodeInput, name)
	}
	for _, out := range node.Out {
		m.text(nodeOutput, out.Name)
	}
	m.text(nodeName, fmt.Sprintf("%d %s", number, node.Out[0].Name))
	m.text(nodeKind, node.Kind)
	for _, a := range node.Attributes {
		attribute, err := attributeMessage(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", node.Out[0].Name, err)
		}
		m.inside(nodeAttribute, attribute)
	}
	return m, nil
}

func attributeMessage(a trace.Attribute) (m message, err error) {
	m.text(attributeName, a.Name)
	switch v := a.Value.(type) {
	case int64:
		m.number(attributeInt, v)
		m.number(attributeType, intKind)
	case float32:
		m.float(attributeFloat, v)
		m.number(attributeType, floatKind)
	case string:
		m.text(attributeText, v)
		m.number(attributeType, textKind)
	case []int64:
		for _, i := range v {
			m.number(attributeInts, i)
		}
		m.number(attributeType, intsKind)
	default:
		return nil, fmt.Errorf("the attribute %s is a %T", a.Name, v)
	}
	return m, nil
}

func tensorMessage(t *trace.Tensor) (m message) {
	for _, side := range t.Shape {
		m.number(tensorDims, int64(side))
	}
	var data []byte
	if t.Ints == nil {
		m.number(tensorType, float32Type)
		data = make([]byte, 0, 4*len(t.Floats))
		for _, v := range t.Floats {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	} else {
		m.number(tensorType, int64Type)
		for _, v := range t.Ints {
			data = binary.LittleEndian.AppendUint64(data, uint64(v))
		}
	}
	m.text(tensorName, t.Name)
	m.inside(tensorData, data)
	return m
}

// portMessage describes an input or output, whose first dimension is the batch.
func portMessage(p trace.Port, doc string) (m message) {
	var shape, tensor, kind, batch message
	batch.text(dimensionName, batchName)
	shape.inside(shapeDimension, batch)
	for _, side := range p.Shape {
		var d message
		d.number(dimensionValue, int64(side))
		shape.inside(shapeDimension, d)
	}
	element := int64(float32Type)
	if p.Whole {
		element = int64Type
	}
	tensor.number(tensorElement, element)
	tensor.inside(tensorShape, shape)
	kind.inside(typeTensor, tensor)
	m.text(infoName, p.Value.Name)
	m.inside(infoType, kind)
	m.text(infoDoc, doc)
	return m
}
