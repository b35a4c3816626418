package loaders

import (
	"context"
	"crypto/md5"
	"os"
)

// Images reads one PNG or JPEG file, or all of a folder and its sub-folders in
// sorted order, as one unlabelled split, and returns the paths of the files
// with it. Errors wrap ErrData.
func Images(ctx context.Context, path string) (Split, []string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Split{}, nil, dataErrorf("%s: %w", path, reason(err))
	}
	files := []picture{{path: path}}
	if info.IsDir() {
		if files, err = pictures(path); err != nil {
			return Split{}, nil, err
		}
	}
	c := &collector{ctx: ctx, sum: md5.New()}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file.path
		if err := c.add(file, path); err != nil {
			return Split{}, nil, err
		}
	}
	return Split{Shape: c.shape, Images: c.pixels}, names, nil
}
