package loaders

import (
	"context"
	"os"

	"gaetrain/loaders/files"
)

// Images reads one image file, or all image files of a folder and its sub-folders in
// sorted order, as one split without labels. It also returns the paths of the files.
// The images may take half of memory.Limit. Errors wrap ErrData or are the context's.
func Images(ctx context.Context, path string, o Options) (Split, []string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Split{}, nil, dataErrorf("%s: %w", path, files.Reason(err))
	}
	f := newFolder(path)
	list := []picture{f.picture(path, "")}
	if info.IsDir() {
		if list, err = f.pictures(ctx, path); err != nil {
			return Split{}, nil, err
		}
		f.skipped.log(path, o)
	}
	split, _, err := collect(ctx, list, newBudget(), o)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return Split{}, nil, cause
	}
	if err != nil {
		return Split{}, nil, err
	}
	names := make([]string, len(list))
	for i, file := range list {
		names[i] = file.path
	}
	return split, names, nil
}
