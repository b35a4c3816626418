package loaders

import (
	"crypto/md5"
	"math"
	"sync"
)

// The images of the data set factors have the factors of dSprites (Matthey, Higgins,
// Hassabis, Lerchner 2017): one white shape on black, at 64×64 pixels, in every combination
// of shape, scale, orientation and position. A pixel is 1 if its centre is inside the
// outline, else 0. The shapes are not pixel for pixel those of dSprites.
//
// The orientations are 40 equal steps from 0 to 2π, both included, as in dSprites, so the
// first and the last are the same angle. With a step of 2π/40, a square would come back to
// itself after every tenth value.
const (
	spriteReach = 16                // pixels from the centre of a shape to the end of its sprite
	spriteSide  = 2*spriteReach + 1 // of a sprite
	spriteArea  = spriteSide * spriteSide
)

var (
	spriteShape = Shape{1, 64, 64}
	// spriteFactors are the names and sizes of the factors. The last changes fastest with
	// the number of an image.
	spriteFactors = []Factor{{Name: "shape", Size: 3, Classes: true}, {Name: "scale", Size: 6}, {Name: "orientation", Size: 40}, {Name: "x", Size: 32}, {Name: "y", Size: 32}}
	spriteClasses = []string{"square", "ellipse", "heart"}
)

// outlines says for each shape whether a point is inside its outline at scale 1. x and y
// are in pixels from the centre, y upwards. No outline reaches beyond spriteReach. The
// products are rounded by themselves, so that all processors draw the same pixels.
var outlines = []func(x, y float64) bool{
	func(x, y float64) bool { return max(math.Abs(x), math.Abs(y)) <= 11.2 },
	func(x, y float64) bool { return squared(x/15.3)+squared(y/9.1) <= 1 },
	func(x, y float64) bool { // (x² + y² − 1)³ ≤ x²·y³
		x, y = x/11.1, y/11.1
		r := squared(x) + squared(y) - 1
		return float64(r*squared(r)) <= float64(squared(x)*float64(y*squared(y)))
	},
}

func squared(x float64) float64 { return float64(x * x) }

// sprites returns the drawings of each shape, scale and orientation, in the order of their
// numbers, each of spriteArea pixels.
var sprites = sync.OnceValue(func() []uint8 {
	scales, angles := spriteFactors[1].Size, spriteFactors[2].Size
	drawn := make([]uint8, 0, len(outlines)*scales*angles*spriteArea)
	for _, inside := range outlines {
		for s := range scales {
			scale := 0.5 + 0.5*float64(s)/float64(scales-1)
			for a := range angles {
				sin, cos := math.Sincos(2 * math.Pi * float64(a) / float64(angles-1))
				for row := range spriteSide {
					for column := range spriteSide {
						right, up := float64(column-spriteReach)/scale, float64(spriteReach-row)/scale
						x := float64(right*cos) + float64(up*sin)
						y := float64(up*cos) - float64(right*sin)
						pixel := uint8(0)
						if inside(x, y) {
							pixel = 1
						}
						drawn = append(drawn, pixel)
					}
				}
			}
		}
	}
	return drawn
})

// spriteStore draws an image when it is read, which takes about as long as to copy it.
type spriteStore struct{ sprites []uint8 }

// Len is the product of the sizes of the factors.
func (s *spriteStore) Len() int {
	n := 1
	for _, f := range spriteFactors {
		n *= f.Size
	}
	return n
}

func (s *spriteStore) Bytes() int64 { return int64(len(s.sprites)) }

func (s *spriteStore) Read(dst []float32, i int) error {
	width := spriteShape.Width
	y, rest := i%spriteFactors[4].Size, i/spriteFactors[4].Size
	x, sprite := rest%spriteFactors[3].Size, rest/spriteFactors[3].Size
	clear(dst)
	for row := range spriteSide {
		from := s.sprites[sprite*spriteArea+row*spriteSide:][:spriteSide]
		to := dst[(y+row)*width+x:][:spriteSide]
		for column, pixel := range from {
			to[column] = float32(pixel)
		}
	}
	return nil
}

// spriteDigest is the digest of the sprites, from which all images are made.
const spriteDigest = "md5:e8905fd7a8ac6365034af39846f347ed"

// The images are in a random order, of which the first tenth are test images.
const allTestSprites = 73_728

// openSprites returns the first train and test images of the random order. They are drawn
// as they are read, so all of them together take a few megabytes of memory.
func (s *set) openSprites(room *budget) (*Dataset, error) {
	store := &spriteStore{sprites()}
	const each = 2*8 + 2*6 // bytes for a position, its copy while shuffling, a label and factors
	if err := room.take(store.Bytes() + each*int64(store.Len())); err != nil {
		return nil, err
	}
	order := make([]int, store.Len())
	permutation(order, true, 1, 0)
	sum := md5.New()
	sum.Write(store.sprites)
	d := &Dataset{Name: s.Name, Classes: s.classes, Digest: map[string]string{"images": "md5:" + digestOf(sum)}}
	d.Test = spritesAt(store, order[:s.Test:s.Test])
	d.Train = spritesAt(store, order[allTestSprites:][:s.Train:s.Train])
	return d, nil
}

// spritesAt returns a split of the images of given numbers. Their label is their shape.
func spritesAt(store *spriteStore, numbers []int) Split {
	s := Split{Shape: spriteShape, Store: store, Rows: numbers, Positions: numbers, Factors: factorsOf(spriteFactors, func([]uint16) []uint16 {
		return make([]uint16, len(numbers))
	})}
	for i, number := range numbers {
		for k := len(s.Factors) - 1; k >= 0; k-- {
			f := &s.Factors[k]
			f.Values[i] = uint16(number % f.Size)
			number /= f.Size
		}
	}
	s.Labels = s.Factors[0].Values
	return s
}

// verifySprites compares the images that this machine draws with the published digest.
func (s *set) verifySprites() ([]FileStatus, error) {
	d, err := s.openSprites(newBudget())
	if err != nil {
		return nil, err
	}
	status := FileStatus{File: "images", Path: "drawn by gaetrain", Digest: d.Digest["images"], State: FileGood}
	if status.Digest != s.drawn {
		status.State = FileDiffers
		return []FileStatus{status}, dataErrorf("%s: the drawn images have the digest %s, want %s", s.Name, status.Digest, s.drawn)
	}
	return []FileStatus{status}, nil
}
