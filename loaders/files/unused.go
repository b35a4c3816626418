package files

import (
	"fmt"
	"os"
)

// Unused returns the first of stem, stem-2, stem-3, … under which there is no file
// with any of the endings. Two processes that ask at the same time can get the same
// name; WriteNew refuses to write the files of the second one.
func Unused(stem string, endings ...string) string {
	for number, name := 2, stem; ; number++ {
		if Taken(name, endings...) == "" {
			return name
		}
		name = fmt.Sprintf("%s-%d", stem, number)
	}
}

// Taken returns the first file or folder that has the name stem and one of the
// endings; "" if there is none.
func Taken(stem string, endings ...string) string {
	for _, ending := range endings {
		if _, err := os.Lstat(stem + ending); err == nil {
			return stem + ending
		}
	}
	return ""
}
