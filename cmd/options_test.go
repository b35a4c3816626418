package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"gaetrain/trainer"
)

// config runs the verb config and returns its values by name, or the code and
// the one line of its error.
func config(t *testing.T, args ...string) (values map[string]string, code int, problem string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(append([]string{"gaetrain", "config"}, args...), &stdout, &stderr)
	if code != 0 {
		text := stderr.String()
		if code != 2 || !strings.HasPrefix(text, "gaetrain: ") || strings.Count(text, "\n") != 1 || stdout.Len() > 0 {
			t.Fatalf("%q: exit code %d, stderr %q, stdout %q", args, code, text, &stdout)
		}
		return nil, code, text
	}
	values = make(map[string]string)
	for line := range strings.Lines(stdout.String()) {
		name, value, _ := strings.Cut(line, " = ")
		values[name] = strings.TrimRight(value[:strings.LastIndex(value, "#")], " ")
	}
	return values, code, ""
}

// FuzzFile reads any bytes as a configuration file: an error in one line, or a
// configuration that is the same when it is printed and read again.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", small, "epochs = 3", `epochs = "three"`, "epochs = 2.5", "[training]\nepochs = 3", "hidden = [1, [2]]", "hidden = [{a = 1}]",
		"time-limit = 5", "seed = -1", "epochs = 1\nepochs = 2", `dataset = "a\u0007\"b"`, "learning-rate = inf", "data-dir = 2020-01-01",
		"a.b.c = 1", `"epochs" = 4`, "\x00", "\xff = 1", "= 3", "epochs = '''4'''", "[[epochs]]", "code = 0x10", `model = ""`, `run = "\u007f"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("resume")) || bytes.Contains(data, []byte(`\`)) && bytes.Contains(data, []byte(`" =`)) {
			return // would read a run folder
		}
		file := filepath.Join(t.TempDir(), "any.toml")
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		values, code, _ := config(t, "--config", file)
		if code != 0 {
			return
		}
		var text strings.Builder
		for name, value := range values {
			fmt.Fprintf(&text, "%s = %s\n", name, value)
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		again, _, problem := config(t, "--config", file)
		for name, value := range values {
			if again[name] != value {
				t.Errorf("%s = %s became %s %s", name, value, again[name], problem)
			}
		}
	})
}

// FuzzValue gives one text to a flag, a variable and a file: all take it, as the
// same value, or none does.
func FuzzValue(f *testing.F) {
	defaults := trainDefaults()
	fields := trainer.Fields(&defaults)
	for i := range fields {
		for _, text := range []string{"", "-1", "010", "0x10", "2.5", "5s", "true", " 8, 4", "none", "relu", "\"\t\u007f"} {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, index uint8, text string) {
		field := fields[int(index)%len(fields)]
		if field.Name == "resume" || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return
		}
		file := filepath.Join(t.TempDir(), "one.toml")
		if err := os.WriteFile(file, []byte(field.Name+" = "+quote(text)), 0o644); err != nil {
			t.Fatal(err)
		}
		flag, flagCode, flagProblem := config(t, "--"+field.Name+"="+text)
		read, readCode, readProblem := config(t, "--config", file)
		t.Setenv(field.Env, text)
		variable, variableCode, variableProblem := config(t)
		if flagCode != readCode || flagCode != variableCode {
			t.Fatalf("%s = %q: %d by flag %s, %d by file %s, %d by variable %s", field.Name, text, flagCode, flagProblem, readCode, readProblem, variableCode, variableProblem)
		}
		if a, b, c := flag[field.Name], read[field.Name], variable[field.Name]; a != b || a != c {
			t.Errorf("%s = %q: %s by flag, %s by file, %s by variable", field.Name, text, a, b, c)
		}
	})
}

// quote writes a basic string of TOML.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7f {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String() + `"`
}
