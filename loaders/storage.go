package loaders

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// StorageOptions say where the values of a user's own data are kept while they are used.
// The zero value is the default.
type StorageOptions struct {
	DataMemory ByteSize `toml:"data-memory" group:"data" help:"Memory for your own data, such as 300MB; larger data stay in their files; auto: half of the limit"`
	Cache      string   `toml:"cache" group:"data" help:"Folder for a file with the decoded pixels of your own image files, which later runs read"`
}

// stored are the kinds of data that can be read from their files in each epoch. decoded
// are those of image files, which a cache makes faster. splittable are those that can lack
// a test set.
var (
	stored     = []string{"idx", "array", "folder", "pairs", "tar"}
	decoded    = []string{"folder", "pairs", "tar"}
	splittable = []string{"npz", "array", "folder", "pairs", "tar"}
)

// Stored and Decoded list those kinds for messages.
const (
	Stored  = "idx:DIR, array:FILE, folder:DIR, pairs:DIR and tar:FILE"
	Decoded = "folder:DIR, pairs:DIR and tar:FILE"
)

// CanStay reports whether the option data-memory has an effect for a data set, because its
// values can stay in their files.
func CanStay(dataset string) bool { return isKind(dataset, stored) }

func isKind(dataset string, kinds []string) bool {
	kind, _, ok := strings.Cut(dataset, ":")
	return ok && slices.Contains(kinds, kind)
}

// ByteSize is a number of bytes. The zero value stands for auto.
type ByteSize int64

// byteUnits are the units of ByteSize, from the largest to the smallest.
var byteUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1},
}

// ParseByteSize reads "auto" or a number with a unit, such as "300MB" or "1.5GiB". The
// empty string is auto. Errors wrap ErrUnknown.
func ParseByteSize(text string) (ByteSize, error) {
	if text == "" || text == "auto" {
		return 0, nil
	}
	for _, unit := range byteUnits {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		bytes := value * float64(unit.bytes)
		if err != nil || !(bytes >= 1) || bytes > math.MaxInt64/2 {
			break
		}
		return ByteSize(bytes), nil
	}
	return 0, usageErrorf("%q is not a number of bytes; hint: auto, or a number with a unit such as 300MB or 1.5GiB", text)
}

// MarshalText implements encoding.TextMarshaler.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *ByteSize) UnmarshalText(text []byte) (err error) {
	*b, err = ParseByteSize(string(text))
	return err
}

// String returns the number in the largest unit that divides it.
func (b ByteSize) String() string {
	if b == 0 {
		return "auto"
	}
	unit := byteUnits[slices.IndexFunc(byteUnits, func(u struct {
		name  string
		bytes int64
	}) bool {
		return int64(b)%u.bytes == 0
	})]
	return fmt.Sprintf("%d%s", int64(b)/unit.bytes, unit.name)
}
