package recipes_test

import (
	"fmt"
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// subject is a model that the suite checks: a recipe, or one with other settings.
type subject struct {
	name     string
	recipe   trainer.Recipe
	settings string // of the trainer and of the model, such as "epochs=2; top-k=3"
}

// subjects lists every recipe, and variants for behaviour that no recipe has by default:
// several stages, early stopping, and combinations of options. A new recipe is checked
// as soon as recipes.List has it.
func subjects() []subject {
	var all []subject
	for _, r := range recipes.List() {
		all = append(all, subject{r.Name, r, ""})
	}
	all = append(all, subject{"two-stages", recipes.TwoStages, ""})
	for _, v := range variants {
		r, err := recipes.Find(v.model)
		if err != nil {
			panic(err)
		}
		all = append(all, subject{v.name, r, v.settings})
	}
	return all
}

var variants = []struct{ model, name, settings string }{
	{"vae", "vae-warm", "kl-warmup=1.5; free-bits=0.1; samples=3; binarise=true"},
	{"vae", "vae-capacity", "capacity=2; capacity-epochs=2.5; capacity-weight=3; loss=gaussian; filters=4,5; hidden=none; samples=2"},
	{"m2", "m2-warm", "kl-warmup=1.5; binarise=true; beta=2; labels=20; normalisation=batch; dropout=0.1"},
	{"iwae", "iwae-dreg", "gradient=dreg; kl-warmup=1.5; binarise=true"},
	{"gan", "gan-least-squares", "adversarial-loss=least-squares; label-smoothing=0.1; ema-decay=0"},
	{"gan", "gan-conv-wasserstein", "adversarial-loss=wasserstein; discriminator-learning-rate=5e-4; normalisation=batch; filters=4,5; hidden=none; kernel-size=4"},
	{"conv", "conv-batchnorm-dropout", "normalisation=batch; dropout=0.2; learning-rate=1e-2; warmup=0"},
	{"dense", "dense-layernorm", "normalisation=layer"},
	{"stacked", "stacked-batchnorm-dropout", "normalisation=batch; dropout=0.1; tied=true"},
	{"vae", "vae-batchnorm-dropout", "normalisation=batch; dropout=0.1; samples=2"},
	{"conv", "conv-unpool", "encoder=conv:4,3 maxpool:2 conv:5,3,layernorm maxpool:2 dense:8; upsampling=unpool; learning-rate=1e-2; warmup=0"},
	{"dense", "impatient", "patience=1; min-delta=1e6"},
	{"stacked", "stacked-tied-denoising", "tied=true; corruption=masking:0.3; intact-weight=0.5"},
	{"synchrony", "synchrony-product", "gates=product; contraction=0.1"},
	{"synchrony", "synchrony-exchange", "gates=exchange; contraction=0.1"},
	{"synchrony", "synchrony-energy", "gates=energy; contraction=0.1"},
	{"dense", "penalised", "code-activation=sigmoid; tied=true; sparsity=0.5; sparsity-mean=running; l1=0.2; contraction=0.3"},
	{"dense", "dense-gelu", "activation=gelu; code-activation=silu"},
	{"conv", "conv-silu", "activation=silu; dropout=0.1"},
	{"conv", "conv-groupnorm", "normalisation=group:2; filters=4,6"},
	{"conv", "residual-text", "encoder=conv:4,3,s2 residual(conv:4,3,batchnorm conv:4,3,linear) conv:6,3,s2 residual(conv:6,3 conv:6,3,linear) dense:8; learning-rate=1e-2; warmup=0"},
	{"fsq", "fsq-levels", "levels=3,2,7; words=3; corruption=masking:0.2"},
	{"vqvae", "vqvae-rows", "hidden=9; words=3; normalisation=batch; dropout=0.1; learning-rate=1e-2; warmup=0"},
	{"dense", "dense-top-k", "top-k=2; code=6"},
	{"topk", "topk-dead", "top-k=2; dead-after=1; dead-weight=0.5"},
	{"denoising", "denoising-augmented", "augment=flip,shift:1,rotate:20,crop:0.8,brightness:0.3; binarise=true"},
}

func find(name string) subject {
	for _, s := range subjects() {
		if s.name == name {
			return s
		}
	}
	panic("no subject " + name)
}

// recipeOf finds the recipes of all subjects and the recipe of classifiers.
func recipeOf(model string) (trainer.Recipe, error) {
	if model == recipes.TwoStages.Name {
		return recipes.TwoStages, nil
	}
	return recipes.Find(model)
}

// setup is a configuration and a model that has not been placed.
type setup struct {
	trainer.Config
	model trainer.Model
	name  string // of the recipe
}

// tiny are the sizes of models of tiny images. Each is used if a model has such layers
// and is valid with them. Recipes that need other sizes are in tinyOf.
var tiny = []string{"hidden=12", "filters=4,5", "discriminator-hidden=12", "code=3", "words=2", "levels=5,4", "pretrain-epochs=2"}

// tinyOf are the sizes of models that need other sizes than tiny.
var tinyOf = map[string]string{"topk": "top-k=3; dead-after=2; code=24", "vqvae": "codebook=6; word-size=2; prior-hidden=5; prior-epochs=3", "zerobias": "threshold=0.1", "m2": "labels=25"}

// medium are the sizes of models of images of 14×14 pixels or more.
var medium = []string{"hidden=32", "filters=8,12", "code=16"}

// mediumOf are the sizes of models that need other sizes than medium.
var mediumOf = map[string]string{"topk": "top-k=8; code=256", "vqvae": "codebook=16; prior-hidden=16; prior-epochs=3"}

// setup returns the defaults of the recipe with the given sizes, the settings of the
// subject and further settings.
func (s subject) setup(sizes []string, of map[string]string, more ...string) setup {
	u := setup{trainer.Defaults(), s.recipe.New(), s.recipe.Name}
	u.Model = s.recipe.Name
	if s.recipe.Defaults != nil {
		s.recipe.Defaults(&u.Config)
	}
	u.Pictures, u.CheckpointEvery, u.Validation = 0, 0, 12
	for _, size := range sizes {
		u.shrink(size)
	}
	u.set(of[s.recipe.Name])
	u.set(s.settings)
	for _, text := range more {
		u.set(text)
	}
	return u
}

// plain is the subject with its default sizes.
func (s subject) plain(more ...string) setup { return s.setup(nil, nil, more...) }

// small is the subject for tiny images: 3 epochs of 4 steps. The last step of an epoch has
// a partial batch.
func (s subject) small(more ...string) setup {
	u := s.setup(tiny, tinyOf, append([]string{"batch-size=16; epochs=3"}, more...)...)
	u.Motion.Patch = min(u.Motion.Patch, 6) // because images are tiny
	return u
}

// field finds a setting of the trainer or of the model.
func (u *setup) field(name string) (settings.Field, bool) {
	return settings.Named(settings.Fields(&u.Config, u.model), name)
}

// set sets the settings of a list such as "hidden=12,8; code=3".
func (u *setup) set(list string) {
	for text := range strings.SplitSeq(list, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(text), "=")
		if name == "" {
			continue
		}
		f, ok := u.field(name)
		if !ok {
			panic(fmt.Sprintf("model %s has no setting %s", u.name, name))
		}
		if err := f.Set(value); err != nil {
			panic(fmt.Sprintf("model %s: %s: %v", u.name, name, err))
		}
	}
}

// shrink sets a size if the model has this setting, it is not empty, and the model is
// valid afterwards.
func (u *setup) shrink(size string) {
	name, value, _ := strings.Cut(size, "=")
	f, ok := settings.Named(settings.Fields(u.model), name)
	old := f.String()
	if !ok || old == "" {
		return
	}
	if f.Set(value) != nil || settings.Validate(u.model) != nil {
		if err := f.Set(old); err != nil {
			panic(err)
		}
	}
}

// settings returns all values, as in run.json.
func (u *setup) settings() map[string]settings.Setting {
	return settings.Record(nil, &u.Config, u.model)
}

// experiment makes the experiment of a setup on data.
func (u *setup) experiment(data *loaders.Dataset) (*trainer.Experiment, error) {
	return trainer.NewExperiment(u.Config, u.name, u.model, data)
}

func experiment(t testing.TB, u setup, data *loaders.Dataset) *trainer.Experiment {
	t.Helper()
	e, err := u.experiment(data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
