package pictures

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawFeatures draws the feature maps of each convolution of the encoder: a picture
// for each layer, a row for each image, with the input at its left. The images are spread
// evenly over the test images.
func drawFeatures(ctx context.Context, l *trainer.Loop) error {
	const images = 8
	model := l.Trained()
	split := l.Data.Test.Stratified(images)
	inputs, err := pixels(split)
	if err != nil {
		return err
	}
	shown := ViewOf(model).drawable(inputs)
	for i := range model.Convolutions() {
		values, shape, err := model.Features(ctx, split, i+1)
		if err != nil {
			return err
		}
		f := featureMaps{values, shape}
		sheet := f.sheet(shown)
		sheet.Title = fmt.Sprintf("%s, %d×%d feature maps of layer %d: the %d of %d channels that vary most", heading(l), shape.Height, shape.Width, i+1, len(sheet.Heads)-1, shape.Channels)
		if err := write(l.Run.Path(folder, fmt.Sprintf("features-%d.png", i+1)), sheet.Image()); err != nil {
			return err
		}
	}
	return nil
}

// featureMaps are the outputs N×C×H×W of a layer.
type featureMaps struct {
	values []float32
	shape  loaders.Shape
}

// sheet draws some channels at the right of the inputs. All maps have one colour scale.
func (f featureMaps) sheet(inputs viz.Images) viz.Sheet {
	s := viz.Sheet{Columns: columns, Heads: []string{"input"}, Scale: "output of a unit; all maps have this scale"}
	colours := viz.Heat
	if slices.Min(f.values) < 0 {
		colours = viz.Signed
	}
	order, constant := f.order()
	order = order[:min(len(order), columns)]
	for _, channel := range order {
		s.Heads = append(s.Heads, strconv.Itoa(channel))
	}
	area := f.shape.Height * f.shape.Width
	one := inputs.Channels * inputs.Height * inputs.Width
	for image := range len(f.values) / f.shape.Size() {
		maps := viz.Images{Channels: 1, Height: f.shape.Height, Width: f.shape.Width}
		for _, channel := range order {
			maps.Pixels = append(maps.Pixels, f.values[image*f.shape.Size()+channel*area:][:area]...)
		}
		lead := inputs
		lead.Pixels = inputs.Pixels[image*one : (image+1)*one]
		lead.Frames = 1
		s.Rows = append(s.Rows, viz.Row{Lead: lead, Images: maps, Colours: colours})
	}
	s.Notes = []string{"The number above a column is the index of the channel."}
	if constant > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d of %d channels have the same output everywhere in these images.", constant, f.shape.Channels))
	}
	return s
}

// order lists the channels by the variance of their values, the largest first, and counts
// the channels whose values are all equal.
func (f featureMaps) order() (channels []int, constant int) {
	area, size := f.shape.Height*f.shape.Width, f.shape.Size()
	variances := make([]float64, f.shape.Channels)
	for channel := range variances {
		var sum, squares, n float64
		first, varies := f.values[channel*area], false
		for at := channel * area; at < len(f.values); at += size {
			for _, v := range f.values[at : at+area] {
				sum, squares, n = sum+float64(v), squares+float64(v)*float64(v), n+1
				varies = varies || v != first
			}
		}
		variances[channel] = squares/n - sum/n*sum/n
		if !varies {
			variances[channel] = 0
			constant++
		}
		channels = append(channels, channel)
	}
	slices.SortStableFunc(channels, func(a, b int) int { return cmp.Compare(variances[b], variances[a]) })
	return channels, constant
}
