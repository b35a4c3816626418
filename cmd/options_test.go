package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
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

// FuzzFile reads any bytes as a configuration file. The result must be an error in one line,
// or a configuration that is the same after it is printed and read again.
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

// FuzzValue gives one text to a flag, a variable and a file. All must accept it as the same
// value, or none may accept it.
func FuzzValue(f *testing.F) {
	recipe, err := recipes.Find("dense")
	if err != nil {
		f.Fatal(err)
	}
	defaults := recipeDefaults(recipe)
	fields := defaults.fields()
	texts := []string{"", "-1", "010", "0x10", "2.5", "5s", "true", " 8, 4", "none", "relu", "\"\t\u007f"}
	for i := range fields { // one text each: there are many fields of each type
		f.Add(uint8(i), texts[i%len(texts)])
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

// TestOwners checks the list of models that have a setting.
func TestOwners(t *testing.T) {
	if got := owners("beta"); len(got) < 2 || got[0] != "vae" {
		t.Errorf("models %v have beta", got)
	}
	if got := owners("epochs"); got != nil {
		t.Errorf("models %v have a setting of the trainer", got)
	}
	for old, now := range renamed {
		if owners(now) == nil || owners(old) != nil {
			t.Errorf("%s of models %v became %s of models %v", old, owners(old), now, owners(now))
		}
	}
}

// TestModelSettings checks that the settings of each model have a help text and other names
// than those of the trainer, that a setting has the same type in all models, and that the
// defaults are valid.
func TestModelSettings(t *testing.T) {
	bools := make(map[string]bool)
	for _, r := range recipes.List() {
		o := recipeDefaults(r)
		for _, f := range o.fields() { // panics if two have the same name
			if f.Group == "" || f.Help == "" {
				t.Errorf("model %s: %s lacks a group or help", r.Name, f.Name)
			}
			if before, ok := bools[f.Name]; ok && before != f.IsBool() {
				t.Errorf("model %s: %s is a flag with a value in some models only", r.Name, f.Name)
			}
			bools[f.Name] = f.IsBool()
		}
		if err := o.check(nil); err != nil {
			t.Errorf("model %s: %v", r.Name, err)
		}
	}
}

// TestSources checks the precedence of the sources for several models.
func TestSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vae.toml")
	if err := os.WriteFile(file, []byte("model = \"vae\"\nbeta = 2\nhidden = [7, 5]\nbinarise = true\nepochs = 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	check := func(want map[string]string, args ...string) {
		t.Helper()
		values, _, problem := config(t, args...)
		for name, value := range want {
			if values[name] != value {
				t.Errorf("%q: %s = %s, want %s; %s", args, name, values[name], value, problem)
			}
		}
	}
	check(map[string]string{"model": `"vae"`, "beta": "2", "hidden": "[7,5]", "binarise": "true", "epochs": "3"}, "--config", file)
	check(map[string]string{"beta": "5", "hidden": "[]", "binarise": "false"}, "--config", file, "--beta", "5", "--hidden", "none", "--binarise=false")
	t.Setenv("GAETRAIN_BETA", "4")
	t.Setenv("GAETRAIN_HIDDEN", "9")
	check(map[string]string{"model": `"vae"`, "beta": "4", "hidden": "[9]"}, "--config", file)
	check(map[string]string{"model": `"iwae"`, "beta": "5", "hidden": "[9]", "epochs": "3"}, "--config", file, "--model", "iwae", "--beta=5")
	t.Setenv("GAETRAIN_MODEL", "cvae")
	check(map[string]string{"model": `"cvae"`, "beta": "4"}, "--config", file)
	check(map[string]string{"model": `"vae"`, "binarise": "true"}, "--binarise", "--model", "vae")
}

// TestNamedModel finds the model in arguments before flags are parsed.
func TestNamedModel(t *testing.T) {
	for _, test := range []struct {
		args, variable, want string
	}{
		{"gaetrain train", "", ""},
		{"gaetrain train --model vae --help", "", "vae"},
		{"gaetrain train -model=iwae -h", "", "iwae"},
		{"gaetrain train --model vae --model dense", "", "dense"},
		{"gaetrain train --help --model", "", ""},
		{"gaetrain train -- --model vae", "", ""},
		{"gaetrain train model vae", "", ""},
		{"gaetrain train --help", "vae", "vae"},
		{"gaetrain train --help --model dense", "vae", "dense"},
		{"gaetrain train --model vea", "", ""}, // resolve reports it
		{"gaetrain eval --help", "vea", ""},
	} {
		t.Setenv("GAETRAIN_MODEL", test.variable)
		if got, err := namedModel(strings.Fields(test.args)); err != nil || got != test.want {
			t.Errorf("%s with variable %q: model %q, error %v, want %q", test.args, test.variable, got, err, test.want)
		}
	}
	if _, err := namedModel(strings.Fields("gaetrain config --help --model vea")); !errors.Is(err, trainer.ErrConfiguration) {
		t.Errorf("error %v", err)
	}
}

// TestCommand checks that a shell and the program can read the command line of a run.
func TestCommand(t *testing.T) {
	recipe, err := recipes.Find("vae")
	if err != nil {
		t.Fatal(err)
	}
	o := recipeDefaults(recipe)
	list := []given{
		{name: "beta", text: "4", origin: settings.FromEnvironment}, {name: "hidden", text: "none", origin: settings.FromFlag},
		{name: "binarise", text: "true", origin: settings.FromFile}, {name: "dataset", text: "idx:my data/it's", origin: settings.FromFlag},
		{name: "run", text: "runs/x", origin: settings.FromFlag}, {name: "step-at", text: "3, 5", origin: settings.FromFlag},
		{name: "schedule", text: "step", origin: settings.FromFlag}, {name: "background", text: "white", origin: settings.FromRun},
	}
	origins, rest, err := fill(o.fields(), append(list, given{name: "contraction", text: "1"}))
	if err != nil || len(rest) != 1 || rest[0].name != "contraction" {
		t.Fatalf("rest %v, error %v", rest, err)
	}
	words := strings.Fields(command("train", mergeOrigins(o.Config, origins), o.recorded()...))
	for _, want := range []string{"gaetrain train", "--beta 4", "--hidden ''", "--binarise", `--dataset 'idx:my data/it'\''s'`, "--step-at 3,5"} {
		if line := strings.Join(words, " "); !strings.Contains(line, want) {
			t.Errorf("%s lacks %s", line, want)
		}
	}
	if line := strings.Join(words, " "); strings.Contains(line, "--run") || strings.Contains(line, "learning-rate") || strings.Contains(line, "--binarise true") || strings.Contains(line, "--background") {
		t.Error(line)
	}
}
