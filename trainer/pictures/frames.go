package pictures

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"gaetrain/trainer"
)

// Frame is a picture of an epoch among the pictures of a run.
type Frame struct {
	Kind   string // reconstructions or samples
	Number int    // of the stage, from 1; 0 if the run has only one
	Stage  string // its name; "" if the run has only one
	Epoch  int    // 0: before training
	Path   string
}

// frameName matches the names that frame gives. The names of pictures of other verbs, such
// as samples-2.png, have fewer digits at the end.
var frameName = regexp.MustCompile(`^(` + reconstructions + `|` + samples + `)-(?:([0-9]+)-(.+)-)?([0-9]{4,})\.(?:png|json)$`)

// ParseFrame reads the name of the file of a frame, which is its path. It returns false for
// other names.
func ParseFrame(name string) (f Frame, ok bool) {
	match := frameName.FindStringSubmatch(name)
	if match == nil {
		return f, false
	}
	number, _ := strconv.Atoi(match[2]) // 0 without a stage
	epoch, err := strconv.Atoi(match[4])
	return Frame{match[1], number, match[3], epoch, name}, err == nil // else a number that no epoch has
}

// Series is how the names of all frames of the same kind and stage begin.
func (f Frame) Series() string {
	if f.Number == 0 {
		return f.Kind
	}
	return fmt.Sprintf("%s-%d-%s", f.Kind, f.Number, f.Stage)
}

// Frames lists the pictures of the epochs of a run by kind, in the order of stages and
// epochs. A run without pictures has none.
func Frames(dir string) ([]Frame, error) { return framesIn(filepath.Join(dir, folder)) }

// framesIn lists the frames of a folder.
func framesIn(dir string) (list []Frame, err error) {
	names, err := fileNames(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if f, ok := ParseFrame(name); ok {
			f.Path = filepath.Join(dir, name)
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b Frame) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Epoch, b.Epoch))
	})
	return list, nil
}

// epochs lists the paths of the frames of a kind.
func epochs(l *trainer.Loop, kind string) (paths []string, err error) {
	frames, err := Frames(l.Run.Dir)
	for _, f := range ofKind(frames, kind) {
		paths = append(paths, f.Path)
	}
	return paths, err
}

// ofKind lists the frames of a kind.
func ofKind(frames []Frame, kind string) []Frame {
	return slices.DeleteFunc(slices.Clone(frames), func(f Frame) bool { return f.Kind != kind })
}
