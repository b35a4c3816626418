package cmd

import (
	"strings"
	"testing"
)

// TestGatherRuns checks that arguments that are not flags are joined, and that the arguments
// of other verbs are not changed.
func TestGatherRuns(t *testing.T) {
	verbs := allVerbs("")
	for _, test := range []struct{ args, want string }{
		{"compare --runs a b c", "compare --runs a,b,c"},
		{"compare --runs a b --out x --json c", "compare --out x --json --runs a,b,c"},
		{"compare --json a b", "compare --json --runs a,b"},
		{"compare --runs=a,b -images 3 c", "compare -images 3 --runs a,b,c"},
		{"compare --runs", "compare --runs"},
		{"compare", "compare"},
		{"compare --help", "compare --help"},
		{"study labels --runs a b --labels 20,0 --quiet", "study labels --labels 20,0 --quiet --runs a,b"},
		{"study label", "study label"},
		{"train a", "train a"},
		{"encode --run a b", "encode --run a b"},
		{"", ""},
	} {
		args := strings.Fields("gaetrain " + test.args)
		if got := strings.Join(gatherRuns(verbs, args)[1:], " "); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.args, got, test.want)
		}
	}
}
