package kernel

import (
	"math"
	"testing"
)

// exactSimilarity computes the similarity of two images in float64, place by
// place of the window.
func exactSimilarity(x, y []float64, channels, height, width, scales int) float64 {
	var mean float64
	for c := range channels {
		plane := height * width
		mean += exactPlane(x[c*plane:(c+1)*plane], y[c*plane:(c+1)*plane], height, width, scales) / float64(channels)
	}
	return mean
}

func exactPlane(x, y []float64, height, width, scales int) float64 {
	weights := []float64{0.0448, 0.2856, 0.3001, 0.2363, 0.1333}[:scales]
	var sum float64
	for _, w := range weights {
		sum += w
	}
	product := 1.0
	for j, w := range weights {
		structure, all := exactScale(x, y, height, width)
		if j == scales-1 {
			structure = all
		}
		if scales == 1 {
			return structure
		}
		product *= math.Pow(max(0, structure), w/sum)
		x, y = exactHalf(x, height, width), exactHalf(y, height, width)
		height, width = height/2, width/2
	}
	return product
}

// exactScale returns the means of c and of l·c.
func exactScale(x, y []float64, height, width int) (structure, all float64) {
	var window [11][11]float64
	var sum float64
	for i := range window {
		for j := range window {
			di, dj := float64(i-5), float64(j-5)
			window[i][j] = math.Exp(-(di*di + dj*dj) / (2 * 1.5 * 1.5))
			sum += window[i][j]
		}
	}
	places := 0.0
	for i := range height - 10 {
		for j := range width - 10 {
			var mx, my, xx, yy, xy float64
			for k := range 11 {
				for l := range 11 {
					w, a, b := window[k][l]/sum, x[(i+k)*width+j+l], y[(i+k)*width+j+l]
					mx, my, xx, yy, xy = mx+w*a, my+w*b, xx+w*a*a, yy+w*b*b, xy+w*a*b
				}
			}
			c := (2*(xy-mx*my) + 9e-4) / (xx - mx*mx + yy - my*my + 9e-4)
			structure += c
			all += c * (2*mx*my + 1e-4) / (mx*mx + my*my + 1e-4)
			places++
		}
	}
	return structure / places, all / places
}

func exactHalf(x []float64, height, width int) []float64 {
	half := make([]float64, (height/2)*(width/2))
	for i := range height / 2 {
		for j := range width / 2 {
			at := 2*i*width + 2*j
			half[i*(width/2)+j] = (x[at] + x[at+1] + x[at+width] + x[at+width+1]) / 4
		}
	}
	return half
}

// similarImages returns images of smooth shapes, and the same with noise.
func similarImages(rows, channels, height, width int) (x, y []float32) {
	noise := normals(rows * channels * height * width)
	for i := range rows {
		for c := range channels {
			for a := range height {
				for b := range width {
					v := 0.5 + 0.4*math.Sin(0.5*float64(a)+float64(i)+0.3*float64(b*(c+1)))
					y = append(y, float32(v))
					n := float64(noise[len(x)]) * 0.1 * float64(i+1)
					x = append(x, float32(min(max(v+n, 0), 1)))
				}
			}
		}
	}
	return x, y
}

func widened(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct{ rows, channels, height, width, scales int }{
		{3, 1, 28, 28, 1}, {2, 1, 28, 28, 2}, {2, 3, 11, 17, 1}, {2, 2, 45, 47, 3},
	} {
		size := c.channels * c.height * c.width
		x, y := similarImages(c.rows, c.channels, c.height, c.width)
		loss, alone, gradient := make([]float32, c.rows), make([]float32, c.rows), make([]float32, len(x))
		const scale = 0.25
		eachPath(t, func(t *testing.T) {
			s := NewSimilarity(c.channels, c.height, c.width, c.scales)
			s.Dissimilarity(c.rows, scale, x, y, gradient, loss)
			s.Dissimilarity(c.rows, scale, x, y, nil, alone)
			for i := range c.rows {
				a, b := widened(x[i*size:(i+1)*size]), widened(y[i*size:(i+1)*size])
				exact := func() float64 {
					return float64(size) * (1 - exactSimilarity(a, b, c.channels, c.height, c.width, c.scales))
				}
				if want := exact(); math.Abs(float64(loss[i])-want) > 1e-5*float64(size) {
					t.Errorf("%v: row %d has loss %g, want %g", c, i, loss[i], want)
				}
				if alone[i] != loss[i] {
					t.Errorf("%v: row %d has loss %g without a gradient, %g with it", c, i, alone[i], loss[i])
				}
				for at := 0; at < size; at += 1 + size/40 {
					const step = 1e-5
					old := a[at]
					a[at] = old + step
					up := exact()
					a[at] = old - step
					want := scale * (up - exact()) / (2 * step)
					a[at] = old
					if got := float64(gradient[i*size+at]); math.Abs(got-want) > 2e-4*scale*float64(size)/100+1e-3*math.Abs(want) {
						t.Errorf("%v: row %d, value %d has gradient %g, want %g", c, i, at, got, want)
					}
				}
			}
		})
	}
}

func TestSimilarityScales(t *testing.T) {
	for _, c := range []struct{ height, width, want int }{{10, 40, 0}, {11, 40, 1}, {28, 28, 2}, {64, 64, 3}, {176, 200, 5}, {4000, 4000, 5}} {
		if got := SimilarityScales(c.height, c.width); got != c.want {
			t.Errorf("%d×%d pixels have %d scales, want %d", c.height, c.width, got, c.want)
		}
	}
}

// TestSimilarityOfEqualImages holds the loss of equal images to 0, where its
// gradient is 0 too, and that of an image and its negative to more than D.
func TestSimilarityOfEqualImages(t *testing.T) {
	_, y := similarImages(1, 1, 28, 28)
	negative := make([]float32, len(y))
	for i, v := range y {
		negative[i] = 1 - v
	}
	loss, gradient := make([]float32, 1), make([]float32, len(y))
	eachPath(t, func(t *testing.T) {
		for scales := 1; scales <= 2; scales++ {
			s := NewSimilarity(1, 28, 28, scales)
			s.Dissimilarity(1, 1, y, y, gradient, loss)
			if math.Abs(float64(loss[0])) > 784e-5 {
				t.Errorf("equal images: loss %g on %d scales", loss[0], scales)
			}
			for i, v := range gradient {
				if math.Abs(float64(v)) > 1e-3 {
					t.Fatalf("equal images: gradient %g of value %d on %d scales", v, i, scales)
				}
			}
		}
		s := NewSimilarity(1, 28, 28, 1)
		if s.Dissimilarity(1, 1, negative, y, gradient, loss); loss[0] < 784 {
			t.Errorf("negative: loss %g, want more than 784", loss[0])
		}
	})
}
