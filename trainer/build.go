package trainer

import (
	"runtime/debug"
	"strings"
)

// Set by the linker for a release, with -ldflags "-X gaetrain/trainer.version=v1.2.3" and
// so on. Otherwise they come from what the Go command recorded.
var version, commit, date string

// Version is the version of the program, or "devel" for a build from a checkout.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return strings.Trim(info.Main.Version, "()")
}

// Commit returns the commit from which the program was built, and the date of the commit
// in the form of RFC 3339. Both are "" if they are not known.
func Commit() (revision, committed string) {
	if commit != "" {
		return commit, date
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	changed := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			committed = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				changed = " with changes"
			}
		}
	}
	if revision == "" {
		return "", ""
	}
	return revision + changed, committed
}
