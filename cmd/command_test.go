//go:build unix

package cmd

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gaetrain/viz/plain"
)

// TestShellWord checks that a shell reads quoted words back.
func TestShellWord(t *testing.T) {
	for _, word := range []string{
		"", "plain-1.5,2:x/y_z@a+b%", "a b", "it's", "''", "'", `"$HOME" \ \n`, "`id` $(id) ${x} !! ~ * ? [a] {a,b} # & ; | < > ( )", "=ls", "-x",
		"two\nlines\n", "tab\there", "\x1b[31m", "\u202eabc\u2066'\u200b'", "\xff\xfe'", "Mäntel 外套", "\x01\n", "\ufffd",
	} {
		quoted := shellWord(word)
		out, err := exec.Command("sh", "-c", "printf %s. "+quoted).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q becomes %s, which a shell reads as %q, %v", word, quoted, out, err)
		}
		if text := strings.ReplaceAll(quoted, "\n", ""); plain.Line(text) != text {
			t.Errorf("%q becomes %q, which is not visible", word, quoted)
		}
	}
}

// TestReportedCommand runs the commands that reports show. They must give the same runs.
func TestReportedCommand(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "it's \"a\" $HOME & \\ `*` \u202e <b>")
	for i := range 40 {
		folder := filepath.Join(data, "class "+string(rune('a'+i%2)))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		writeGray(t, filepath.Join(folder, string(rune('A'+i))+".png"), uint8(4*i))
	}
	few := []string{"--epochs", "1", "--pictures", "1", "--quiet"}
	own := []string{"train", "--dataset", "folder:" + data, "--encoder", "dense:8 dense:3", "--batch-size", "8"}
	small := []string{"train", "--train-images", "64", "--test-images", "16", "--batch-size", "8", "--hidden", "8"}
	for _, test := range []struct {
		run  string // the tests share a folder, so that a classifier finds its model
		args []string
		want []string // parts of the command
	}{
		{"own", own, []string{"--encoder 'dense:8 dense:3'"}},
		{"booleans", append(small, "--model", "contractive", "--binarise", "--tied=false"), []string{" --binarise ", " --tied=false "}},
		{"plain", append(small, "--tied=true", "--binarise=false"), []string{" --tied", " --binarise=false"}},
		{"classifier", []string{"finetune", "--from", "plain", "--labels", "40", "--thaw=false"}, []string{"gaetrain finetune --from plain", " --thaw=false"}},
		{"scratch", []string{"finetune", "--from", "plain", "--labels", "40", "--from-scratch"}, []string{" --from-scratch"}},
		{"of-own", []string{"finetune", "--from", "own", "--thaw"}, []string{" --thaw", " --background "}},
	} {
		t.Run(test.run, func(t *testing.T) {
			runIn(t, dir, exec.Command("gaetrain", slices.Concat(test.args, few, []string{"--run", test.run})...))
			command := reportedCommand(t, filepath.Join(dir, test.run))
			for _, part := range test.want {
				if !strings.Contains(command+" ", part) {
					t.Errorf("the command is %s, want %q in it", command, part)
				}
			}
			runIn(t, dir, exec.Command("sh", "-c", command+" --run "+test.run+"-again"))
			if diff, err := compareRuns(filepath.Join(dir, test.run), filepath.Join(dir, test.run+"-again")); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// runIn runs a command in a folder. The command must succeed.
func runIn(t *testing.T, dir string, c *exec.Cmd) {
	t.Helper()
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", c.Args, err, out)
	}
}

// reportedCommand is the command that the report of a run shows.
func reportedCommand(t *testing.T, run string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(run, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?s)<pre><code>(.*?)</code></pre>`).FindSubmatch(page)
	if command == nil {
		t.Fatal("the report has no command")
	}
	return html.UnescapeString(string(command[1]))
}
