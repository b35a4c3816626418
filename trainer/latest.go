package trainer

import (
	"io"
	"os"
	"path/filepath"
	"time"
)

// LatestOn returns the folder of the run that a process on a host opened or worked on
// last. It looks in dir itself and in its direct sub-folders. It returns "" if there is
// no such run. Runs whose state cannot be read are left out.
func LatestOn(host, dir string) (run string) {
	const entries = 10000 // that are looked at
	folders := []string{dir}
	if folder, err := os.Open(dir); err == nil {
		names, err := folder.Readdirnames(entries)
		folder.Close()
		if err == nil || err == io.EOF {
			for _, name := range names {
				folders = append(folders, filepath.Join(dir, name))
			}
		}
	}
	var latest time.Time
	now := time.Now()
	for _, each := range folders {
		if !IsRun(each) {
			continue
		}
		s, err := readState(each)
		if err != nil || s.Host != host {
			continue
		}
		if at := s.Moved(now); run == "" || at.After(latest) {
			run, latest = each, at
		}
	}
	return run
}

// Moved returns when the run last made progress or changed its phase. A change of the
// phase in the future was recorded before the clock was set back, so only the progress
// counts, which a process that trains renews with the new time.
func (s State) Moved(now time.Time) time.Time {
	if s.Since.After(s.Progress) && !s.Since.After(now) {
		return s.Since
	}
	return s.Progress
}
