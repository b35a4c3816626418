package recipes_test

import (
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// FuzzOpenModel changes a setting in run.json and opens the model. A setting can name a
// network of any size, so its memory must have a bound.
func FuzzOpenModel(f *testing.F) {
	models := []string{"dense", "conv", "vae"}
	dirs, infos := make(map[string]string), make(map[string]trainer.RunInfo)
	for _, model := range models {
		recipe, err := recipes.Find(model)
		if err != nil {
			f.Fatal(err)
		}
		u := subject{recipe: recipe}.small("epochs=1")
		_, dirs[model] = trained(f, u, tinyData(u))
		info, err := trainer.ReadRunInfo(dirs[model])
		if err != nil {
			f.Fatal(err)
		}
		infos[model] = info
		for i, name := range slices.Sorted(maps.Keys(info.Configuration)) {
			switch name {
			case "hidden", "code", "layers", "filters", "batch-size", "epochs":
				for _, value := range []string{"1000000000", "-1", `"1000000000"`, `"4294967296,4294967296"`, "[4,4]", `"` + "64x3x3" + `"`} {
					f.Add(uint8(slices.Index(models, model)), uint8(i), value)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, model, setting uint8, value string) {
		name := models[int(model)%len(models)]
		info, run := infos[name], trainer.Run{Dir: dirs[name]}
		if !json.Valid([]byte(value)) {
			t.Skip()
		}
		names := slices.Sorted(maps.Keys(info.Configuration))
		key := names[int(setting)%len(names)]
		info.Configuration = maps.Clone(info.Configuration)
		info.Configuration[key] = settings.Setting{Value: json.RawMessage(value), Origin: info.Configuration[key].Origin}
		if err := run.WriteSealed("run.json", info); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := trainer.OpenModel(recipes.Find, run.Dir, trainer.LastCheckpoint)
		runtime.ReadMemStats(&after)
		if err != nil && !errors.Is(err, trainer.ErrRun) && !errors.Is(err, trainer.ErrCheckpoint) && !errors.Is(err, trainer.ErrConfiguration) {
			t.Errorf("%s = %s: error %v", key, value, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(64<<20+1000*len(value)) {
			t.Errorf("%s = %.80s: %d bytes were allocated", key, value, used)
		}
	})
}

// TestNewSettings checks that runs of earlier versions, which do not record the newest
// settings, are read with the defaults of these settings.
func TestNewSettings(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		recorded, read := s.plain(), s.plain()
		all := recorded.settings()
		for _, name := range []string{"precision", "decay-epochs", "ssim", "ssim-scales", "perceptual", "perceptual-weight"} {
			delete(all, name)
		}
		if err := settings.Fill(all, &read.Config, read.model); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(recorded.settings(), read.settings()); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
	}
}
