package pictures

import (
	"context"
	"image"
	"image/color"
	"time"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// animateEpochs joins the pictures of the epochs. Animations are for slides, so they show
// only the upper half of pictures of images without classes, and their files are small.
func animateEpochs(ctx context.Context, l *trainer.Loop) error {
	half := l.Trained().Shape().IsImage()
	if err := animate(ctx, l, reconstructions, half); err != nil {
		return err
	}
	return animate(ctx, l, samples, half && l.Trained().Classes() == 0)
}

func animate(ctx context.Context, l *trainer.Loop, kind string, half bool) error {
	const most = 12 // frames; more pictures are thinned out evenly
	paths, err := epochs(l, kind)
	if err != nil || len(paths) == 0 {
		return err
	}
	var frames []image.Image
	cut := 0
	for i := range min(len(paths), most) {
		at := i
		if len(paths) > most {
			at = i * (len(paths) - 1) / (most - 1)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		img, err := readPNG(paths[at])
		if err != nil {
			return err
		}
		if i == 0 && half {
			cut = halfOf(img)
		}
		frames = append(frames, upper(img, cut))
	}
	return writeFile(l.Run.Path(folder, kind+".gif"), func(w writer) error {
		return viz.Animate(w, frames, 300*time.Millisecond)
	})
}

// halfOf returns the height of about the upper half of a picture, which ends in a gap
// between images; 0 if there is no such gap.
func halfOf(img image.Image) int {
	const white = 4 // rows of a gap
	b := img.Bounds()
	rows := 0
	for y := b.Min.Y + b.Dy()*6/10; y > b.Min.Y+b.Dy()/3; y-- {
		rows++
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 0xff {
				rows = 0
				break
			}
		}
		if rows == white {
			return y + white - b.Min.Y
		}
	}
	return 0
}

// upper returns the upper part of a picture; all of it for the height 0.
func upper(img image.Image, height int) image.Image {
	part, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	})
	if b := img.Bounds(); ok && height > 0 && height < b.Dy() {
		b.Max.Y = b.Min.Y + height
		return part.SubImage(b)
	}
	return img
}
