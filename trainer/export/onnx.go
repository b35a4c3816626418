package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/trace"
	"gaetrain/trainer/wire"
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

// WriteONNX writes a network in ONNX. The same network gives the same bytes.
func WriteONNX(w io.Writer, n Network, of Model) error {
	var m, opset wire.Message
	m.Number(modelIRVersion, irVersion(n.Opset))
	m.Text(modelProducer, "gaetrain")
	m.Text(modelProducerVersion, of.Version)
	m.Text(modelDoc, of.Doc)
	content, err := graphMessage(n, of)
	if err != nil {
		return err
	}
	m.Inside(modelGraph, content)
	opset.Number(opsetVersion, int64(n.Opset))
	m.Inside(modelOpsets, opset)
	for _, e := range of.Metadata {
		var entry wire.Message
		entry.Text(entryKey, e.Key)
		entry.Text(entryValue, e.Value)
		m.Inside(modelMetadata, entry)
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

func graphMessage(n Network, of Model) (g wire.Message, err error) {
	for i, node := range n.Nodes {
		m, err := nodeMessage(i, node)
		if err != nil {
			return nil, err
		}
		g.Inside(graphNode, m)
	}
	g.Text(graphName, n.Name)
	for _, t := range n.Tensors {
		g.Inside(graphInitializer, tensorMessage(t))
	}
	for _, p := range n.Inputs {
		g.Inside(graphInput, portMessage(p, of.Ports[p.Name]))
	}
	for _, p := range n.Outputs {
		g.Inside(graphOutput, portMessage(p, of.Ports[p.Name]))
	}
	return g, nil
}

func nodeMessage(number int, node trace.Node) (m wire.Message, err error) {
	for _, in := range node.In {
		name := "" // an input that is left out
		if in != nil {
			name = in.Name
		}
		m.Text(nodeInput, name)
	}
	for _, out := range node.Out {
		m.Text(nodeOutput, out.Name)
	}
	m.Text(nodeName, fmt.Sprintf("%d %s", number, node.Out[0].Name))
	m.Text(nodeKind, node.Kind)
	for _, a := range node.Attributes {
		attribute, err := attributeMessage(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", node.Out[0].Name, err)
		}
		m.Inside(nodeAttribute, attribute)
	}
	return m, nil
}

func attributeMessage(a trace.Attribute) (m wire.Message, err error) {
	m.Text(attributeName, a.Name)
	switch v := a.Value.(type) {
	case int64:
		m.Number(attributeInt, v)
		m.Number(attributeType, intKind)
	case float32:
		m.Float(attributeFloat, v)
		m.Number(attributeType, floatKind)
	case string:
		m.Text(attributeText, v)
		m.Number(attributeType, textKind)
	case []int64:
		for _, i := range v {
			m.Number(attributeInts, i)
		}
		m.Number(attributeType, intsKind)
	default:
		return nil, fmt.Errorf("the attribute %s is a %T", a.Name, v)
	}
	return m, nil
}

func tensorMessage(t *trace.Tensor) (m wire.Message) {
	for _, side := range t.Shape {
		m.Number(tensorDims, int64(side))
	}
	var data []byte
	if t.Ints == nil {
		m.Number(tensorType, float32Type)
		data = make([]byte, 0, 4*len(t.Floats))
		for _, v := range t.Floats {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	} else {
		m.Number(tensorType, int64Type)
		for _, v := range t.Ints {
			data = binary.LittleEndian.AppendUint64(data, uint64(v))
		}
	}
	m.Text(tensorName, t.Name)
	m.Inside(tensorData, data)
	return m
}

// portMessage describes an input or output, whose first dimension is the batch.
func portMessage(p trace.Port, doc string) (m wire.Message) {
	var shape, tensor, kind, batch wire.Message
	batch.Text(dimensionName, batchName)
	shape.Inside(shapeDimension, batch)
	for _, side := range p.Shape {
		var d wire.Message
		d.Number(dimensionValue, int64(side))
		shape.Inside(shapeDimension, d)
	}
	element := int64(float32Type)
	if p.Whole {
		element = int64Type
	}
	tensor.Number(tensorElement, element)
	tensor.Inside(tensorShape, shape)
	kind.Inside(typeTensor, tensor)
	m.Text(infoName, p.Value.Name)
	m.Inside(infoType, kind)
	m.Text(infoDoc, doc)
	return m
}
