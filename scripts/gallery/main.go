// Command gallery trains each model on Fashion-MNIST, draws its reconstructions, samples
// or interpolations, and writes docs/gallery.md with the pictures and the commands.
//
//	go run ./scripts/gallery --data-dir data          # all models, about 10 minutes of one core
//	go run ./scripts/gallery --data-dir data vae fsq  # only these
//
// Finished runs are not trained again. The page is made from all rows of rows.go whose
// pictures are in docs/pictures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	dataDir, work, root string
	pageOnly            bool
}

func main() {
	var o options
	flag.StringVar(&o.dataDir, "data-dir", "", "`folder` that is searched first for data sets")
	flag.StringVar(&o.work, "work", "runs/gallery", "`folder` in which the commands run; finished runs are not repeated")
	flag.StringVar(&o.root, "root", ".", "`folder` of the repository")
	flag.BoolVar(&o.pageOnly, "page", false, "write the page again, after a change of rows.go, and draw nothing")
	flag.Parse()
	if err := gallery(context.Background(), o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

// gallery makes the pictures of the named models, or of all models, and the page.
func gallery(ctx context.Context, o options, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.model == name }) {
			return fmt.Errorf("unknown model %q; hint: a row of scripts/gallery/rows.go", name)
		}
	}
	if o.pageOnly {
		return o.writePage()
	}
	for _, path := range []*string{&o.dataDir, &o.work, &o.root} {
		if absolute, err := filepath.Abs(*path); err != nil {
			return err
		} else if *path != "" {
			*path = absolute
		}
	}
	if err := os.MkdirAll(o.work, 0o755); err != nil {
		return err
	}
	program := filepath.Join(o.work, "gaetrain")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/gaetrain")
	build.Dir, build.Env = o.root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build gaetrain: %w: %s", err, output)
	}
	for _, r := range rows {
		if len(names) == 0 || slices.Contains(names, r.model) {
			if err := o.make(ctx, program, r); err != nil {
				return fmt.Errorf("%s: %w", r.model, err)
			}
		}
	}
	return o.writePage()
}

// make trains the model of a row unless its run is finished, and makes its pictures.
func (o options) make(ctx context.Context, program string, r row) error {
	if _, err := os.Stat(filepath.Join(o.work, r.run(), "metrics.json")); err != nil {
		if err := o.gaetrain(ctx, program, r.training()+" --quiet --resume"); err != nil {
			return err
		}
	}
	for _, d := range r.draws {
		drawn := filepath.Join(o.work, r.drawn(d))
		for _, ending := range []string{".png", ".csv", ".gif"} { // verbs never replace files
			if err := os.Remove(strings.TrimSuffix(drawn, ".png") + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		if err := o.gaetrain(ctx, program, r.drawing(d)); err != nil {
			return err
		}
		if err := shrink(drawn, filepath.Join(o.root, "docs", r.picture(d))); err != nil {
			return err
		}
	}
	return nil
}

// gaetrain runs a command that the page prints, in the work folder.
func (o options) gaetrain(ctx context.Context, program, command string) error {
	if o.dataDir != "" {
		command += " --data-dir " + o.dataDir
	}
	fmt.Fprintln(os.Stderr, command)
	c := exec.CommandContext(ctx, program, strings.Fields(command)[1:]...)
	c.Dir = o.work
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, output)
	}
	return nil
}
