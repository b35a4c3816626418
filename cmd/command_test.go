//go:build unix

package cmd

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gaetrain/viz/plain"
)

// TestShellWord lets a shell read words back.
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

// TestReportedCommand runs the commands that reports show, which give the same runs
// again.
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
	train := []string{"train", "--dataset", "folder:" + data, "--encoder", "dense:8 dense:3", "--batch-size", "8", "--binarise"}
	linear := []string{"train", "--dataset", "folder:" + data, "--model", "linear", "--code", "3", "--tied=false"}
	tuned := []string{"finetune", "--from", "first run", "--thaw", "--labels", "12", "--binarise=false"}
	for _, args := range [][]string{append(train, "--run", "first run"), append(linear, "--run", "linear"), append(tuned, "--run", "classifier")} {
		run := args[len(args)-1]
		inFolder(t, dir, exec.Command("gaetrain", append(args, "--epochs", "1", "--pictures", "1", "--quiet")...))
		inFolder(t, dir, exec.Command("sh", "-c", reportedCommand(t, filepath.Join(dir, run))+" --run "+shellWord(run+" again")))
		if diff, err := compareRuns(filepath.Join(dir, run), filepath.Join(dir, run+" again")); diff != "" || err != nil {
			t.Error(run, diff, err)
		}
	}
}

func inFolder(t *testing.T, dir string, c *exec.Cmd) {
	t.Helper()
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", c.Args, err, out)
	}
}

// reportedCommand is the command in the report of a run.
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
