package cmd

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gaetrain/trainer/settings"
	"gaetrain/viz/plain"
)

// places are the settings that say where files are or how long a run takes, which another
// run changes.
var places = []string{"run", "resume", "data-dir", "data-memory", "cache", "time-limit"}

// command is the command line of a verb that repeats a run. The structs, given by
// pointers, hold the settings. Those without an effect are left out, because the
// verb refuses them.
func command(verb string, origins map[string]settings.Origin, structs ...any) string {
	words := []string{"gaetrain " + verb}
	for _, f := range settings.Effective(structs...) {
		switch origin := origins[f.Name]; {
		case origin == "" || origin == settings.FromDefault || origin == settings.FromRecipe || origin == settings.FromData:
		case slices.Contains(places, f.Name):
		case f.IsBool():
			words = append(words, map[string]string{"true": "--" + f.Name, "false": "--" + f.Name + "=false"}[f.String()])
		default:
			words = append(words, "--"+f.Name+" "+shellWord(f.String()))
		}
	}
	return strings.Join(words, " ")
}

// shellWord quotes text that a POSIX shell would split or change. Hidden runes,
// which cannot be copied from a page, are written by printf.
func shellWord(text string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,+@%", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !safe(r) }) < 0 {
		return text
	}
	var word strings.Builder
	for first := true; first || text != ""; first = false {
		n := visible(text)
		if n > 0 || text == "" {
			word.WriteString("'" + strings.ReplaceAll(text[:n], "'", `'\''`) + "'")
		} else {
			_, n = utf8.DecodeRuneInString(text)
			word.WriteString(`"$(printf '`)
			for _, b := range []byte(text[:n]) {
				word.WriteString(fmt.Sprintf(`\%03o`, b))
			}
			word.WriteString(`')"`)
		}
		text = text[n:]
	}
	return word.String()
}

// visible is the length of the beginning of text without hidden runes. Quotes
// keep line feeds.
func visible(text string) int {
	for i, r := range text {
		broken := r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError))
		if broken || plain.Hidden(r) && r != '\n' {
			return i
		}
	}
	return len(text)
}
