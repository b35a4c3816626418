package watch

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"gaetrain/trainer/pictures"
)

// kinds are the types of files in the folder of pictures that are served.
var kinds = map[string]string{".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif", ".jpg": "image/jpeg", ".webp": "image/webp"}

// Policies of files in run folders, which can come from others. A report runs its own scripts, but in an origin of its own, so it
// cannot read other runs. It loads nothing from elsewhere.
const (
	picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
	reportPolicy  = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; connect-src data: blob:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)

// report serves the report of a run.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, "report.html", "text/html; charset=utf-8", reportPolicy)
}

// picture serves a picture of a run.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := kinds[path.Ext(name)]
	if kind == "" || name != path.Base(name) || strings.HasPrefix(name, ".") {
		fail(w, os.ErrNotExist)
		return
	}
	s.serve(w, r, "pictures/"+name, kind, picturePolicy)
}

// serve serves a file of a run folder.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, name, kind, policy string) {
	folder, err := s.Watcher.folder(r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	defer folder.Close()
	file, err := openRegular(folder, name)
	if err != nil {
		fail(w, err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", policy)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// Pictures lists the pictures of a run that show how it changes.
type Pictures struct {
	Kinds []PictureKind `json:"kinds"`
}

// PictureKind is a picture that is drawn after several epochs.
type PictureKind struct {
	Name   string   `json:"name"`   // such as "reconstructions", with the stage if there are several
	Epochs []int    `json:"epochs"` // ascending
	Files  []string `json:"files"`  // of the epochs
}

// pictures lists the pictures of a run.
func (s *Server) pictures(w http.ResponseWriter, r *http.Request) {
	folder, err := s.Watcher.folder(r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	defer folder.Close()
	names, err := namesIn(folder, "pictures")
	answer(w, listPictures(names), err)
}

// namesIn lists the files of a folder. There are none if it does not exist.
func namesIn(folder *os.Root, name string) ([]string, error) {
	const most = 100_000
	dir, err := folder.Open(name)
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	info, err := dir.Stat()
	if err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: %w", name, os.ErrInvalid)
	}
	names, err := dir.Readdirnames(most)
	if len(names) > 0 {
		err = nil
	} else if err != nil && !isAbsent(err) {
		err = nil // the folder is empty
	}
	slices.Sort(names)
	return names, err
}

// listPictures groups the names of pictures, in order.
func listPictures(names []string) Pictures {
	list := Pictures{Kinds: []PictureKind{}}
	for _, name := range names {
		frame, ok := pictures.ParseFrame(name)
		if !ok || kinds[path.Ext(name)] == "" {
			continue
		}
		i := slices.IndexFunc(list.Kinds, func(k PictureKind) bool { return k.Name == frame.Series() })
		if i < 0 {
			i = len(list.Kinds)
			list.Kinds = append(list.Kinds, PictureKind{Name: frame.Series()})
		}
		k := &list.Kinds[i]
		k.Epochs, k.Files = append(k.Epochs, frame.Epoch), append(k.Files, name)
	}
	return list
}
