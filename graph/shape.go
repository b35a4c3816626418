package graph

import (
	"errors"
	"fmt"
)

// ErrArchitecture is wrapped by every error about a network that cannot be
// built.
var ErrArchitecture = errors.New("impossible architecture")

// MaxSize is the largest number of values in one tensor (4 GiB) and in one
// image.
const MaxSize = 1 << 30

// Shape is the shape C×H×W of an image or of the output of a layer. A row of L
// values is 1×1×L.
type Shape struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
}

// Row is the shape of a row of values.
func Row(values int) Shape { return Shape{1, 1, values} }

// Size is the number of values, C·H·W.
func (s Shape) Size() int { return s.Channels * s.Height * s.Width }

// String returns, for example, "1×28×28".
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width) }

// Validate returns an error for a shape that no image can have. Errors wrap
// ErrArchitecture.
func (s Shape) Validate() error {
	if s.Channels < 1 || s.Height < 1 || s.Width < 1 {
		return fmt.Errorf("%w: images of %s; hint: every side is at least 1", ErrArchitecture, s)
	}
	if s.Height > MaxSize/s.Channels || s.Width > MaxSize/s.Channels/s.Height {
		return fmt.Errorf("%w: images of %s; hint: at most %d values", ErrArchitecture, s, MaxSize)
	}
	return nil
}
