package pictures

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"time"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// epochs lists the pictures of a kind in the order of the epochs. Their names end with
// four digits, see frame. The names of pictures of other verbs, such as samples-2.png,
// do not.
func epochs(l *trainer.Loop, kind string) (paths []string, err error) {
	names, err := fileNames(l.Run.Path(folder))
	for _, name := range names {
		if ok, _ := filepath.Match(kind+"-*[0-9][0-9][0-9][0-9].png", name); ok {
			paths = append(paths, l.Run.Path(folder, name))
		}
	}
	return paths, err
}

// animateEpochs joins the pictures of the epochs. Animations are for slides, so they show
// only the upper half of pictures without classes, and their files are small.
func animateEpochs(ctx context.Context, l *trainer.Loop) error {
	if err := animate(ctx, l, reconstructions, true); err != nil {
		return err
	}
	return animate(ctx, l, samples, l.Trained().Classes() == 0)
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
		img, err := viz.ReadPNG(paths[at])
		if err != nil {
			return fmt.Errorf("%w: %w", trainer.ErrRun, err)
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
