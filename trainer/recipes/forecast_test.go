package recipes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestForecast compares the memory that is computed for the outline of images with that of
// an experiment on them. The model was placed for other images before, which leave nothing
// behind.
func TestForecast(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			u := s.small()
			d := tinyData(u)
			want := experiment(t, s.small(), d)
			for _, shape := range []loaders.Shape{{Channels: 3, Height: 16, Width: 12}, {Channels: 1, Height: 8, Width: 8}} {
				of := loaders.Outline{Shape: shape, Classes: len(d.Classes), Items: d.Train.Len() + d.Test.Len(), Bytes: loaders.StoredBytes(d.Train, d.Test)}
				got, err := trainer.Forecast(u.Config, u.name, u.model, of)
				if err != nil {
					t.Fatal(err)
				}
				if same := cmp.Equal(want.Memory, got); same != (shape.Channels == 1) || got.Total() == 0 {
					t.Errorf("memory for %v is %v, that for 1×8×8 is %v", shape, got, want.Memory)
				}
			}
			again := experiment(t, u, d)
			if want.Parameters.Digest() != again.Parameters.Digest() {
				t.Error("the parameters are not those of a model that was placed once")
			}
		})
	}
}
