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
	o.resizeHint = "resize the images, or use a model that was trained with --size"
	f := newFolder(path)
	if f.train = []picture{f.picture(path, "")}; info.IsDir() {
		if f.train, err = f.pictures(ctx, path); err == nil && o.Strict {
			err = f.skipped.refuse()
		}
		if err != nil {
			return Split{}, nil, err
		}
	}
	all, err := f.collect(ctx, newBudget(), o)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return Split{}, nil, cause
	}
	if err != nil {
		return Split{}, nil, err
	}
	names := make([]string, len(f.train))
	for i, file := range f.train {
		names[i] = file.path
	}
	return all.Split, names, nil
}
