// Program playground writes a page with nothing but the playground of a trained model.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/viz/page"
)

func main() {
	run := flag.String("run", "", "folder of a run")
	out := flag.String("out", "playground.html", "page to write")
	most := flag.Int("most", pictures.MostNetworks, "largest length of the networks' text, in bytes")
	flag.Parse()
	if err := write(context.Background(), *run, *out, *most); err != nil {
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

var layout = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<style>
{{.Style}}</style>
</head>
<body>
<h1>{{.Title}}</h1>
<h2>Explore the model</h2>
<div id="playground"></div>
<script type="application/json" id="spec">{{.Spec}}</script>
<script>
{{.Scripts}}
gaetrain.playground(document.getElementById('playground'), JSON.parse(document.getElementById('spec').textContent))
	.then(shown => { window.shown = shown; document.body.dataset.ready = 'true' })
</script>
</body>
</html>
`))

func write(ctx context.Context, run, out string, most int) error {
	model, err := trainer.OpenModel(recipes.Find, run, trainer.LastCheckpoint)
	if err != nil {
		return err
	}
	data, err := trainer.OpenData(ctx, model.Config, model.Info.Data.Reading(loaders.Options{}, model.Config.Dataset))
	if err != nil {
		return err
	}
	spec, missing, err := pictures.Playground(ctx, model, data.Test, most)
	if err != nil {
		return err
	}
	for _, sentence := range missing {
		fmt.Println(sentence)
	}
	if spec == nil {
		return errors.New("there is nothing to show")
	}
	fmt.Printf("%s: %d bytes\n", out, len(spec))
	return files.Write(out, func(w io.Writer) error {
		return layout.Execute(w, map[string]any{
			"Title": model.Name + " on " + model.Info.Data.Name, "Style": template.CSS(page.StyleSheet),
			"Spec": template.JS(spec), "Scripts": template.JS(strings.Join([]string{page.ElementsScript, page.NetworkScript, page.PlaygroundScript}, "\n")),
		})
	})
}
