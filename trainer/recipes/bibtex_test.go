package recipes_test

import (
	"regexp"
	"strings"
	"testing"

	"gaetrain/trainer/recipes"
)

var (
	entryPattern = regexp.MustCompile(`(?s)^@(article|inproceedings|misc)\{([a-z]+[0-9]{4}[a-z]+),\n(.*)\}$`)
	fieldPattern = regexp.MustCompile(`^  ([a-zA-Z]+) = \{(.+)\},$`)
)

// TestBibTeX reads the BibTeX entry of every recipe: its braces are balanced, and
// it has the fields that its kind requires, each on a line and once.
func TestBibTeX(t *testing.T) {
	required := map[string]string{"article": "journal", "inproceedings": "booktitle", "misc": "author"}
	of := map[string]string{} // a paper's entry by its key
	for _, r := range append(recipes.List(), recipes.Classifier) {
		entry := entryPattern.FindStringSubmatch(r.BibTeX)
		if entry == nil {
			t.Errorf("%s: not an entry: %s", r.Name, r.BibTeX)
			continue
		}
		kind, key := entry[1], entry[2]
		if other, ok := of[key]; ok && other != r.BibTeX {
			t.Errorf("%s: another entry has the key %s", r.Name, key)
		}
		of[key] = r.BibTeX
		fields := map[string]string{}
		for line := range strings.Lines(entry[3]) {
			field := fieldPattern.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if field == nil || fields[field[1]] != "" || !balanced(field[2]) {
				t.Errorf("%s: not a field, or a repeated field: %q", r.Name, line)
				continue
			}
			fields[field[1]] = field[2]
		}
		for _, name := range []string{"author", "title", "year", required[kind]} {
			if fields[name] == "" {
				t.Errorf("%s: @%s without %s", r.Name, kind, name)
			}
		}
		if !strings.HasSuffix(key[:strings.IndexAny(key, "0123456789")+4], fields["year"]) {
			t.Errorf("%s: the key %s does not contain the year %s", r.Name, key, fields["year"])
		}
		if arxiv := fields["eprint"]; arxiv != "" && !strings.Contains(r.Citation, "arXiv:"+arxiv) {
			t.Errorf("%s: arXiv:%s is not in the citation %q", r.Name, arxiv, r.Citation)
		}
	}
}

// balanced reports whether braces open and close in pairs.
func balanced(text string) bool {
	depth := 0
	for _, r := range text {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}
