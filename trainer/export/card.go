package export

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"gaetrain/graph/trace"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
	"gaetrain/viz/plain"
)

//go:embed card.md.tmpl
var cardText string

var cardTemplate = template.Must(template.New("card").Funcs(template.FuncMap{"plain": markdown, "capital": capital}).Parse(cardText))

// card is what a model card shows (Mitchell et al. 2019).
type card struct {
	*trainer.Trained
	Context
	Networks []Network
	Ports    []cardPort
	Metadata []Entry
	Splits   []string   // with figures
	Figures  [][]string // a row for each: name, unit, and its value on each split
	Call     cardCall
}

// cardPort is an input or output of a network.
type cardPort struct{ Network, Kind, Name, Type, Shape, Doc string }

// cardCall has the names in the examples.
type cardCall struct {
	Network       Network
	Input, Output trace.Port
	Labels        bool
}

// writeCard writes a model card.
func writeCard(w io.Writer, t *trainer.Trained, about Context, networks []Network, of Model) error {
	c := card{Trained: t, Context: about, Networks: networks, Metadata: of.Metadata}
	for _, n := range networks {
		for _, p := range n.Inputs {
			c.Ports = append(c.Ports, cardPort{n.Name, "input", p.Name, typeOf(p), portSides(p), of.Ports[p.Name]})
		}
		for _, p := range n.Outputs {
			c.Ports = append(c.Ports, cardPort{n.Name, "output", p.Name, typeOf(p), portSides(p), of.Ports[p.Name]})
		}
	}
	if about.Final != nil {
		c.figures()
	}
	first := networks[0]
	if t.IsClassifier() {
		first = networks[len(networks)-1]
	}
	c.Call = cardCall{first, first.Inputs[0], first.Outputs[0], has(first.Inputs, trainer.Labels)}
	return cardTemplate.Execute(w, c)
}

// figures fills the table of the figures of a finished run.
func (c *card) figures() {
	of := c.Final.Last
	if c.Checkpoint == trainer.BestCheckpoint {
		of = c.Final.Best
	}
	for _, split := range []string{"train", "validation", "test"} {
		if _, ok := of[split]; ok {
			c.Splits = append(c.Splits, split)
		}
	}
	values := make(map[string]map[string]float64) // by figure and split
	var names []string
	for _, split := range c.Splits {
		f := of[split]
		for name, value := range c.Stage.Figures(f) {
			if values[name] == nil {
				values[name] = make(map[string]float64)
				names = append(names, name)
			}
			values[name][split] = value
		}
	}
	for _, name := range names {
		row := []string{name, c.Unit(name)}
		for _, split := range c.Splits {
			text := ""
			if v, ok := values[name][split]; ok {
				text = strconv.FormatFloat(v, 'g', 4, 64)
			}
			row = append(row, text)
		}
		c.Figures = append(c.Figures, row)
	}
}

// Apart reports whether the module has an encoder and a decoder.
func (c card) Apart() bool { return len(parts(c.Networks)) > 1 }

// TorchCall is a call of the module in Python.
func (c card) TorchCall() string {
	n := c.Networks[slices.IndexFunc(c.Networks, func(n Network) bool {
		return n.Name == "autoencoder" || n.Name == "classifier" || n.Name == "generator"
	})]
	var given, got []string
	for _, p := range n.Inputs {
		if p.Whole {
			given = append(given, "torch.zeros(1, dtype=torch.int64)")
		} else {
			given = append(given, fmt.Sprintf("torch.zeros(1, %s)", sides(p.Shape)))
		}
	}
	for _, p := range n.Outputs {
		got = append(got, p.Name)
	}
	return fmt.Sprintf("%s = network(%s)", strings.Join(got, ", "), strings.Join(given, ", "))
}

// Items is the word for what the model takes or makes.
func (c card) Items() string {
	if c.Shape().IsTable() {
		return "rows"
	}
	return "images"
}

// Settings lists the settings of the model that the run changed.
func (c card) Settings() (list []Entry) {
	for _, f := range settings.Fields(c.Recipe.New()) {
		if s, ok := c.Info.Configuration[f.Name]; ok && s.Origin != settings.FromDefault {
			list = append(list, Entry{f.Name, s.String()})
		}
	}
	return list
}

func typeOf(p trace.Port) string {
	if p.Whole {
		return "int64"
	}
	return "float32"
}

// portSides is the shape of an input or output, such as "batch×1×28×28".
func portSides(p trace.Port) string {
	text := batchName
	for _, side := range p.Shape {
		text += fmt.Sprintf("×%d", side)
	}
	return text
}

// capital returns a text that begins with a capital letter.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// markdown escapes a name from outside for Markdown, on one line.
func markdown(text string) string {
	return strings.NewReplacer("|", `\|`, "`", "'", "<", "&lt;", "[", `\[`, "*", `\*`, "_", `\_`).Replace(plain.Line(text))
}

// Size is the number of values of an input of one item.
func (c cardCall) Size() int {
	size := 1
	for _, side := range c.Input.Shape {
		size *= side
	}
	return size
}
