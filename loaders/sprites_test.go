package loaders

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

// openFactors opens one of the drawn data sets.
func openFactors(t *testing.T, name string) *Dataset {
	t.Helper()
	d, err := Open(context.Background(), name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// moments returns the number of white pixels of image i and their mean column and row.
func moments(t *testing.T, s Split, i int) (area, x, y float64) {
	t.Helper()
	image := make([]float32, s.Shape.Size())
	if err := s.Read(image, i, 0); err != nil {
		t.Fatal(err)
	}
	for p, v := range image {
		if v != 0 && v != 1 {
			t.Fatalf("image %d: pixel %d is %g, want 0 or 1", i, p, v)
		}
		area += float64(v)
		x += float64(v) * float64(p%s.Shape.Width)
		y += float64(v) * float64(p/s.Shape.Width)
	}
	return area, x / area, y / area
}

func TestSpritesHaveTheirFactors(t *testing.T) {
	t.Parallel()
	statuses, err := Verify(context.Background(), "factors", Options{})
	if err != nil || len(statuses) != 1 || statuses[0].State != FileGood {
		t.Errorf("the drawn images changed: %+v (error %v)", statuses, err)
	}
	areas := []float64{22.4 * 22.4, math.Pi * 15.3 * 9.1, 3.6617 * 11.1 * 11.1} // in pixels, at scale 1
	d := openFactors(t, "factors-all")
	if n := d.Train.Len() + d.Test.Len(); n != 737280 || d.Train.Len() != 663552 {
		t.Errorf("%d of %d images are training images", d.Train.Len(), n)
	}
	for i := range 300 {
		value := func(k int) float64 { return float64(d.Test.Factors[k].Values[i]) }
		shape, scale := d.Test.Labels[i], 0.5+0.1*value(1)
		if float64(shape) != value(0) {
			t.Errorf("image %d has label %d and shape %g", i, shape, value(0))
		}
		area, x, y := moments(t, d.Test, i)
		if want := areas[shape] * scale * scale; math.Abs(area-want) > 0.12*want { // whole pixels
			t.Errorf("image %d: %g white pixels, want about %.0f", i, area, want)
		}
		if dx, dy := x-16-value(3), y-16-value(4); shape < 2 && math.Hypot(dx, dy) > 0.3 || math.Hypot(dx, dy) > 3.5 {
			t.Errorf("image %d: the centre of mass is %.2f, %.2f pixels from its position", i, dx, dy)
		}
	}
	for at := range len(sprites()) / spriteArea {
		sprite := sprites()[at*spriteArea:][:spriteArea]
		for p, v := range sprite {
			if row, column := p/spriteSide, p%spriteSide; v != 0 && (row%(spriteSide-1) == 0 || column%(spriteSide-1) == 0) {
				t.Fatalf("sprite %d reaches the end of its square, where it is cut", at)
			}
		}
		if first := at / 40 * 40; (at%40 == 39) && !slices.Equal(sprite, sprites()[first*spriteArea:][:spriteArea]) {
			t.Errorf("sprite %d: angles 0 and 2π differ", at)
		}
	}
}

// TestFactorsStayWithTheirImages selects, shuffles, holds out and joins images, and compares
// the factors of each with those of the same image in the whole set.
func TestFactorsStayWithTheirImages(t *testing.T) {
	t.Parallel()
	d := openFactors(t, "factors")
	if d.Train.Len() != 50000 || d.Test.Len() != 10000 {
		t.Errorf("%d training and %d test images", d.Train.Len(), d.Test.Len())
	}
	d.LimitTrain(501)
	d.SetAside(50)
	rest, validation := d.Train.Holdout(50)
	splits := []Split{rest, validation, validation.Join(rest), rest.Join(d.Test.Select([]int{7, 3})), d.Test.Coloured(3)}
	for n, s := range splits {
		if len(s.Factors) != 5 {
			t.Fatalf("split %d has %d factors", n, len(s.Factors))
		}
		for i := range s.Len() {
			number := s.Position(i)
			for k := 4; k >= 0; k-- {
				f := s.Factors[k]
				if want := number % f.Size; int(f.Values[i]) != want {
					t.Fatalf("split %d, image %d: %s is %d, want %d", n, i, f.Name, f.Values[i], want)
				}
				number /= f.Size
			}
		}
	}
	d.Test.Factors = d.Test.Factors[1:]
	if err := d.check(); err == nil || !strings.Contains(err.Error(), "the factors of the training images are shape (3), ") || !strings.HasSuffix(err.Error(), "those of the test images are scale (6), orientation (40), x (32), y (32)") {
		t.Errorf("splits with other factors: %v", err)
	}
}

func TestFactorsAreAPartOfAllFactors(t *testing.T) {
	t.Parallel()
	some, all := openFactors(t, "factors"), openFactors(t, "factors-all")
	in := make([]string, 737280) // by number of an image
	for _, number := range all.Train.Rows {
		in[number] = "train"
	}
	for _, number := range all.Test.Rows {
		in[number] += "test"
	}
	if i := slices.Index(in, ""); i >= 0 || slices.Contains(in, "traintest") {
		t.Errorf("image %d is in no split, or an image is in both", i)
	}
	for part, rows := range map[string][]int{"train": some.Train.Rows, "test": some.Test.Rows} {
		for _, number := range rows {
			if in[number] != part {
				t.Fatalf("image %d is not in the same split of factors-all", number)
			}
		}
	}
}
