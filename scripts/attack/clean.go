package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean reports a control character, invalid UTF-8, or a line that is broken by a line
// feed in a name.
func clean(text string) error {
	if strings.HasPrefix(text, newLine) || strings.Contains(text, "\n"+newLine) {
		return fmt.Errorf("a line feed in a name breaks the line: %q", around(text, strings.Index(text, "\n"+newLine)))
	}
	for i, r := range text {
		if _, width := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && width == 1 {
			return fmt.Errorf("the text has invalid UTF-8: %q", around(text, i))
		}
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)) || unicode.Is(unicode.Bidi_Control, r) {
			return fmt.Errorf("the text has the character %U: %q", r, around(text, i))
		}
	}
	return nil
}

func around(text string, at int) string { return text[max(0, at-30):min(len(text), max(at, 0)+30)] }

// cleanPages checks that the pages and vector pictures of a folder have no such
// character. Tabs and line feeds are white space there.
func (a *attempt) cleanPages(folder string) error {
	return filepath.WalkDir(filepath.Join(a.dir, folder), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return nil // the folder was not made
		}
		if ending := filepath.Ext(path); ending == ".html" || ending == ".svg" || ending == ".dot" {
			if err := clean(strings.NewReplacer("\t", " ", "\n", " ").Replace(string(read(path)))); err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(path), err)
			}
		}
		return nil
	})
}
