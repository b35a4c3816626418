package graph

import (
	"errors"
	"fmt"
)

// ErrArchitecture is what every error about an impossible network wraps.
var ErrArchitecture = errors.New("impossible architecture")

// MaxSize bounds the numbers in one tensor, 4 GiB of them, and in an image.
const MaxSize = 1 << 30

// Shape is the shape C×H×W of one image, or of the values that a layer makes of
// it. A row of L values is 1×1×L.
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

// Validate reports a shape that no image can have. Errors wrap ErrArchitecture.
func (s Shape) Validate() error {
	if s.Channels < 1 || s.Height < 1 || s.Width < 1 {
		return fmt.Errorf("%w: images of %s; hint: every side is at least 1", ErrArchitecture, s)
	}
	if s.Height > MaxSize/s.Channels || s.Width > MaxSize/s.Channels/s.Height {
		return fmt.Errorf("%w: images of %s; hint: at most %d values", ErrArchitecture, s, MaxSize)
	}
	return nil
}
