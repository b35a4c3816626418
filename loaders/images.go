package loaders

import (
	"context"
	"os"
)

// Images reads one image file, or all of a folder and its sub-folders in
// sorted order, as one unlabelled split, and returns the paths of the files
// with it. The images may take half of memory.Limit. Errors wrap ErrData or are
// the context's.
func Images(ctx context.Context, path string, o Options) (Split, []string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Split{}, nil, dataErrorf("%s: %w", path, reason(err))
	}
	f := newFolder(path)
	files := []picture{f.picture(path, "")}
	if info.IsDir() {
		if files, err = f.pictures(ctx, path); err != nil {
			return Split{}, nil, err
		}
		f.skipped.log(path, o)
	}
	split, _, err := collect(ctx, files, newBudget(), o)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return Split{}, nil, cause
	}
	if err != nil {
		return Split{}, nil, err
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file.path
	}
	return split, names, nil
}
