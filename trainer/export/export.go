package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"gaetrain/graph/trace"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// Context is what a model card says besides the model.
type Context struct {
	Recipe     trainer.Recipe
	Checkpoint string         // whose weights the model has
	Final      *trainer.Final // the figures of the run; nil: it is not finished
	Detector   *Detector      // nil: the run has none
}

// Files returns the files of a model. They are written by their Fill. Errors are those of
// Networks.
func Files(ctx context.Context, t *trainer.Trained, about Context) (list []File, err error) {
	networks, err := Networks(t)
	if err != nil {
		return nil, err
	}
	of := Model{
		Doc:     fmt.Sprintf("model %s, trained on %s", t.Name, t.Info.Data.Name),
		Version: trainer.Version(), Ports: describe(t), Metadata: metadata(t, about.Checkpoint),
	}
	add := func(name, about string, fill func(w io.Writer) error) {
		list = append(list, File{Name: name, About: about, Fill: func(w io.Writer) error { return fill(files.Until(ctx, w)) }})
	}
	shown := networks // model.py has no detector
	if about.Detector != nil {
		n, err := detector(t, *about.Detector)
		if err != nil {
			return nil, err
		}
		of.Metadata = append(of.Metadata, Entry{"normal_items", about.Detector.Source})
		shown = append(slices.Clone(networks), n)
	}
	for _, n := range shown {
		add(n.Name+".onnx", docOf(n), func(w io.Writer) error { return WriteONNX(w, n, of) })
	}
	add(weightsFile, "The weights for model.py.", func(w io.Writer) error { return WriteWeights(w, networks, of.Metadata) })
	add("model.py", "The PyTorch module that loads the weights.", func(w io.Writer) error { return WriteModule(w, t, networks) })
	add("README.md", "The model card.", func(w io.Writer) error {
		return writeCard(w, t, about, shown, of)
	})
	return list, nil
}

// File is a file of an exported model.
type File struct {
	Name  string // such as "encoder.onnx"
	About string // a sentence
	Fill  func(io.Writer) error
}

// metadata describes where a model comes from and what its values are.
func metadata(t *trainer.Trained, checkpoint string) []Entry {
	list := []Entry{
		{"model", t.Name}, {"run", t.Info.ID}, {"checkpoint", checkpoint}, {"stage", t.Stage.Name}, {"epoch", fmt.Sprint(t.Epoch)}, {"weights", t.Digest()},
		{"program", "gaetrain " + trainer.Version()}, {"data", t.Info.Data.Name}, {"image", t.Source.Shape.String()}, {"units", units(t)},
	}
	if len(t.Info.Data.Features) > 0 {
		text, _ := json.Marshal(t.Info.Data.Features) // strings always have a form
		list = append(list, Entry{"columns", string(text)})
	}
	if classes := t.Info.Data.Classes; len(classes) > 0 {
		text, _ := json.Marshal(classes) // strings always have a form
		list = append(list, Entry{"classes", string(text)})
	}
	if about := t.Info.Data.Attribution; about != "" {
		list = append(list, Entry{"attribution", about})
	}
	return list
}

// describe returns the descriptions of inputs and outputs by name.
func describe(t *trainer.Trained) map[string]string {
	code, values := "latent code", units(t)
	if t.HasNormalPrior() {
		code += "; its prior is N(0, I)"
	}
	const normal = "; high scores are unlike the training data"
	const share = "share of normal items with at least this score"
	return map[string]string{
		MSEScore: "squared error of the reconstruction, per value" + normal, MSEScore + pValue: share,
		MahalanobisScore: "Mahalanobis distance of the code from the training codes" + normal, MahalanobisScore + pValue: share,
		trainer.Input: values, trainer.Reconstruction: values, image: values,
		trainer.Code: code, mean: "mean of the posterior, which is the latent code", logVariance: "log-variance of the posterior, clipped to [-10, 10]",
		trainer.Labels: "number of the class", trainer.Logits: "logit of each class", probabilities: "probability of each class",
	}
}

// has reports whether a network has an input or an output of a name.
func has(ports []trace.Port, name string) bool {
	for _, p := range ports {
		if p.Name == name {
			return true
		}
	}
	return false
}
