package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

var renamed = map[string]string{"contest": "adversarial-loss", "deception": "adversarial-weight", "averaging": "ema-decay"}

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "mini:", err)
		os.Exit(2)
	}
}

func run(verb string, args []string) error {
	if k := os.Getenv("GAETRAIN_KERNEL"); k != "" {
		if err := kernel.Use(k); err != nil {
			return err
		}
	}
	values := [][2]string{}
	model := "dense"
	for i := 0; i < len(args); i++ {
		key, value, ok := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !ok {
			if i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				value = args[i+1]
				i++
			} else {
				value = "true"
			}
		}
		if n, ok := renamed[key]; ok {
			key = n
		}
		if key == "model" {
			model = value
			continue
		}
		values = append(values, [2]string{key, value})
	}
	c := trainer.Defaults()
	name := model
	if verb == "finetune" {
		name = "classifier"
	}
	c.Model = name
	r, err := recipes.Find(name)
	if err != nil {
		return err
	}
	if r.Defaults != nil {
		r.Defaults(&c)
	}
	m := r.New()
	l := trainer.LabelledDefaults()
	structs := []any{&c, m}
	if verb == "finetune" {
		structs = append(structs, &l)
	}
	fields := settings.Fields(structs...)
	told := map[string]bool{}
	for _, v := range values {
		if v[0] == "quiet" {
			continue
		}
		f, ok := settings.Named(fields, v[0])
		if !ok {
			return fmt.Errorf("no setting %s", v[0])
		}
		if err := f.Set(v[1]); err != nil {
			return err
		}
		told[v[0]] = true
	}
	ctx := context.Background()
	if verb == "finetune" {
		from, err := trainer.OpenModel(recipes.Find, l.From, l.FromCheckpoint)
		if err != nil {
			return err
		}
		epochs := c
		_ = epochs
		for _, f := range settings.Fields(&c.Data) {
			if !told[f.Name] && f.Name != "validation" {
				o, _ := settings.Named(settings.Fields(&from.Config.Data), f.Name)
				if err := f.Set(o.String()); err != nil {
					return err
				}
			}
		}
	}
	data, err := trainer.OpenData(ctx, c, loaders.Options{})
	if err != nil {
		return err
	}
	var e *trainer.Experiment
	if verb == "finetune" {
		if data.Train, err = l.Select(data.Train, c.Seed); err != nil {
			return err
		}
		if !told["validation"] {
			c.Validation = trainer.HeldOut(data.Train.Len())
		}
		e, err = trainer.NewClassifier(recipes.Find, c, l, name, m.(trainer.Transfer), data)
	} else {
		e, err = trainer.NewExperiment(c, name, m, data)
	}
	if err != nil {
		return err
	}
	run, err := trainer.CreateRun(c.Run, e, settings.Record(nil, structs...))
	if err != nil {
		return err
	}
	defer run.Close()
	loop, err := trainer.NewLoop(e, run)
	if err != nil {
		return err
	}
	return loop.Train(ctx)
}
