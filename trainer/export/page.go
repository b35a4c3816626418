package export

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gaetrain/graph/trace"
	"gaetrain/graph/trace/compute"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// PageNetwork is a recorded network in the form that viz/page/network.js computes. It has
// the units of the program: pixels are from 0 (black) to 1 (white).
//
// Nodes are those of ONNX, in the order of computation. They name their inputs, which are
// inputs of the network, constants or outputs of earlier nodes; "" is an input that is left
// out. The shapes of ports leave out the batch, which is 1. Constants are packed, see
// Packed. Those that are lists of whole numbers stand in Wholes.
type PageNetwork struct {
	Name    string             `json:"name"` // such as "decoder"
	Inputs  []PagePort         `json:"inputs"`
	Outputs []PagePort         `json:"outputs"`
	Nodes   []PageNode         `json:"nodes"`
	Wholes  map[string][]int64 `json:"wholes,omitempty"`
	Packed

	// Error is the largest difference from the program's outputs that was measured, and
	// Unit what it is divided by: the range of the pixels or the standard deviation of the
	// codes.
	Error float64 `json:"error"`
	Unit  float64 `json:"unit"`
	Items int     `json:"items"` // on which it was measured
	// The outputs of some networks jump: a value that is nearly a bound can be on its other
	// side. Before reports whether the error is that of the values before the code is rounded,
	// small values become 0 or entries of a codebook are chosen, and Most whether it is that of
	// nine tenths of the items.
	Before bool `json:"before,omitempty"`
	Most   bool `json:"most,omitempty"`
	// Checks are inputs by name, K rows each, and what the program computes for them: "want".
	Checks Packed `json:"checks"`
}

// PagePort is an input or output.
type PagePort struct {
	Name  string `json:"name"`
	Value string `json:"value"` // its name in the nodes
	Shape []int  `json:"shape"`
}

// PageNode is an operation.
type PageNode struct {
	Kind       string         `json:"kind"`
	In         []string       `json:"in"`
	Out        []string       `json:"out"`
	Attributes map[string]any `json:"attributes,omitempty"`
}

// PageError is the largest error of the networks of a page, in their units.
const PageError = 1e-4

// Samples are items on which the rounding of weights is measured.
type Samples struct {
	Images []float32       // N×D; nil for a model without an encoder
	Codes  []float32       // M×L; nil for a model without a decoder
	Labels []loaders.Label // of the items and the codes; nil for a model that is not conditional
	Range  loaders.Range   // of the pixels
}

// Page returns networks of a model for a page: decoder or generator, encoder, autoencoder
// if the decoder needs the images too, or classifier. Their weights are rounded as coarsely
// as PageError allows. missing has a sentence for each network that is left out because
// more than most bytes of text would be needed, or because a page cannot compute it. The
// decoder comes first. Errors are those of the program.
func Page(ctx context.Context, t *trainer.Trained, of Samples, most int) (list []PageNetwork, missing []string, err error) {
	networks, err := record(t, scaling{shape: t.Source.Shape.Dims(), none: true})
	if err != nil {
		return nil, []string{err.Error()}, nil
	}
	if len(networks) > 2 { // without the autoencoder, which the others compose, and a classifier
		networks = networks[:2]
	}
	slices.Reverse(networks)
	for _, n := range networks {
		if n.Name == "encoder" && has(networks[0].Inputs, trainer.Input) {
			continue // the autoencoder gives the code too, and a classifier is about classes
		}
		if n.Name == "encoder" {
			n.Outputs = n.Outputs[:1] // no log-variances
			if err := n.Finish(); err != nil {
				return nil, nil, err
			}
		}
		page, why, err := pageNetwork(ctx, t, n, of, most)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("the %s for the report: %w", n.Name, err)
		case why != "":
			missing = append(missing, fmt.Sprintf("The %s is not part of this page: %s.", n.Name, why))
		default:
			list, most = append(list, page), most-page.size()
		}
	}
	return list, missing, nil
}

// leastBytes is less text than a rounded weight needs, and mostProducts is the largest
// number of products for one item.
const leastBytes, mostProducts = 1, 1e8

// pageNetwork rounds the weights of a network. why says why the page cannot have it.
func pageNetwork(ctx context.Context, t *trainer.Trained, n Network, of Samples, most int) (page PageNetwork, why string, err error) {
	weights := 0
	for _, c := range n.Tensors {
		weights += len(c.Floats)
	}
	tooLarge := func(bytes int) string {
		return fmt.Sprintf("its %d weights need %s of text, and at most %s are allowed", weights, megabytes(bytes), megabytes(most))
	}
	if weights*leastBytes > most {
		return page, tooLarge(weights * leastBytes), nil
	}
	program, err := compute.New(n.Network)
	if err != nil {
		return page, err.Error(), nil
	}
	if n := products(n.Network); n > mostProducts {
		return page, fmt.Sprintf("one item needs %.0f million products, and at most %.0f are allowed so that the page answers at once", n/1e6, mostProducts/1e6), nil
	}
	r, err := newRounding(ctx, t, program, of)
	if err != nil {
		return page, "", err
	}
	if err := r.search(ctx); errors.Is(err, errInexact) {
		return page, err.Error(), nil
	} else if err != nil {
		return page, "", err
	}
	for _, w := range r.weights {
		w.feedback = nil // it is needed no more, and is large
	}
	page = form(n, r)
	if page.Checks, err = r.checks(ctx); err != nil {
		return page, "", err
	}
	if size := page.size(); size > most {
		return PageNetwork{}, tooLarge(size), nil
	}
	return page, "", nil
}

func megabytes(bytes int) string { return fmt.Sprintf("%.2f MB", float64(bytes)/1e6) }

// size is about the length of the text of the network.
func (p PageNetwork) size() int {
	return len(p.Data) + len(p.Checks.Data) + 120*len(p.Nodes) + 80*len(p.Tensors)
}

// form writes the nodes and constants of a network.
func form(n Network, r *rounding) PageNetwork {
	p := PageNetwork{Name: n.Name, Wholes: make(map[string][]int64), Error: r.worst, Unit: r.want.unit, Items: len(r.rows), Before: r.before != "", Most: r.jumps && r.before == ""}
	for _, port := range n.Inputs {
		p.Inputs = append(p.Inputs, PagePort{port.Name, port.Value.Name, port.Shape})
	}
	for _, port := range n.Outputs {
		p.Outputs = append(p.Outputs, PagePort{port.Name, port.Value.Name, port.Shape})
	}
	for _, node := range n.Nodes {
		one := PageNode{Kind: node.Kind, Attributes: make(map[string]any)}
		for _, in := range node.In {
			name := ""
			if in != nil {
				name = in.Name
			}
			one.In = append(one.In, name)
		}
		for _, out := range node.Out {
			one.Out = append(one.Out, out.Name)
		}
		for _, a := range node.Attributes {
			one.Attributes[a.Name] = a.Value
		}
		p.Nodes = append(p.Nodes, one)
	}
	var list []Numbers
	for _, t := range n.Tensors {
		if t.Ints != nil {
			p.Wholes[t.Name] = t.Ints
			continue
		}
		one := Numbers{Name: t.Name, Shape: t.Shape, Values: t.Floats}
		if w := r.weight(t); w != nil {
			one.Values, one.Step = w.rounded, w.step
		}
		list = append(list, one)
	}
	p.Packed = Pack(list...)
	return p
}

// jumping are the kinds of nodes whose output can jump.
var jumping = []string{"Round", "TopK", "Greater", "MaxPool", "ArgMax"}

// jumps reports whether small changes can change the outputs of a network much.
func jumps(n *trace.Network) bool {
	return slices.ContainsFunc(n.Nodes, func(node trace.Node) bool {
		return slices.Contains(jumping, node.Kind) && (node.Kind != "MaxPool" || len(node.Out) > 1)
	})
}
