package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gaetrain/graph/trace"
	"gaetrain/trainer"
)

// weightsFile is the name of the file that model.py loads.
const weightsFile = "weights.safetensors"

// parts are the networks that are written as classes of their own: the encoder and the
// decoder, and the classifier if there is one, or the whole network if it is not the
// composition of an encoder and a decoder.
func parts(list []Network) []Network {
	if len(list) > 2 {
		return slices.Concat(list[:2], list[3:]) // without the autoencoder
	}
	return list[len(list)-1:]
}

// className is the name of the class of a network, such as "Encoder".
func className(n Network) string { return capital(n.Name) }

// WriteModule writes the PyTorch module of the networks of a model as Python.
func WriteModule(w io.Writer, t *trainer.Trained, list []Network) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\"\"\"PyTorch module of model %s, written by gaetrain %s. load() returns it with its weights.\n\nInputs and outputs: %s.\n\"\"\"\n\n", t.Name, trainer.Version(), units(t))
	b.WriteString("import torch\nfrom safetensors.torch import load_file\nfrom torch import nn\nfrom torch.nn import functional as F\n")
	var helpers []string
	of := parts(list)
	for _, n := range of {
		for _, h := range n.Helpers {
			if !slices.Contains(helpers, h) {
				helpers = append(helpers, h)
				b.WriteString("\n\n" + h)
			}
		}
	}
	for _, n := range of {
		b.WriteString("\n\n" + class{className(n), docOf(n), n.Network}.source())
	}
	main := className(of[len(of)-1])
	if len(of) > 1 {
		main = "Autoencoder"
		b.WriteString("\n\n" + composed(t, of))
	}
	fmt.Fprintf(&b, "\n\ndef load(path=%q):\n    \"\"\"Returns the module with its weights, for inference.\"\"\"\n    model = %s()\n    model.load_state_dict(load_file(path))\n    return model.eval()\n", weightsFile, main)
	source := b.String()
	if !strings.Contains(source, "F.") {
		source = strings.Replace(source, "from torch.nn import functional as F\n", "", 1)
	}
	_, err := io.WriteString(w, source)
	return err
}

// composed is the class of an encoder and a decoder.
func composed(t *trainer.Trained, of []Network) string {
	labels, code := "", "z = self.encoder(x%s)\n"
	if t.Conditional() {
		labels = ", labels"
	}
	if len(of[0].Outputs) == 2 {
		code = "z, _ = self.encoder(x%s)  # the mean of the posterior\n"
	}
	to, from := "", ""
	if takesLabels(of[0]) {
		to = labels
	}
	if takesLabels(of[1]) {
		from = labels
	}
	member, classify := "", ""
	if len(of) > 2 {
		member = "        self.classifier = Classifier()\n"
		classify = "\n    def classify(self, x):\n        \"\"\"Returns logits and probabilities.\"\"\"\n        return self.classifier(x)\n"
	}
	return fmt.Sprintf(`class Autoencoder(nn.Module):
    """From %s to reconstruction and code."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()
%s
    def forward(self, x%s):
        `+code+`        return self.decoder(z%s), z
%s`, shapesText(of[0].Inputs[0]), member, labels, to, from, classify)
}

func takesLabels(n Network) bool {
	return slices.ContainsFunc(n.Inputs, func(p trace.Port) bool { return p.Name == trainer.Labels })
}

// docOf is the description of a network: the shapes of its inputs and outputs.
func docOf(n Network) string {
	var in, out []string
	for _, p := range n.Inputs {
		in = append(in, shapesText(p))
	}
	for _, p := range n.Outputs {
		out = append(out, shapesText(p))
	}
	return fmt.Sprintf("From %s to %s.", strings.Join(in, " and "), strings.Join(out, " and "))
}

// shapesText names an input or output with its shape, such as "code (B×32)".
func shapesText(p trace.Port) string {
	text := "B"
	for _, side := range p.Shape {
		text += fmt.Sprintf("×%d", side)
	}
	return fmt.Sprintf("%s (%s)", strings.ReplaceAll(p.Name, "_", " "), text)
}

// WriteWeights writes the weights of the module of WriteModule, with the names and the
// layout that it loads.
func WriteWeights(w io.Writer, list []Network, metadata []Entry) error {
	tensors := make(map[string]trainer.Tensor)
	of := parts(list)
	for _, n := range of {
		prefix := ""
		if len(of) > 1 {
			prefix = n.Name + "."
		}
		for _, m := range n.Modules {
			for _, s := range m.State {
				name := prefix + m.Name
				if s.Name != "" {
					name += "." + s.Name
				}
				tensors[name] = trainer.Tensor{Shape: s.Shape, Values: s.Floats}
			}
		}
	}
	about := map[string]string{"format": "pt"}
	for _, e := range metadata {
		about[e.Key] = e.Value
	}
	return trainer.WriteTensors(w, tensors, about)
}
