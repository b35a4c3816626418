package configfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gaetrain/cmd/configfile"
)

func TestParse(t *testing.T) {
	const file = `# comments, [ and " in them
epochs = 20
"learning-rate" = 1e-3 # 0.001
whole = 1.0
big = 1e21
hex = 0xff
many = 1_000
inf = inf
quiet = true
text = "a # b, 'c' \" [[[[[[[[[[ \u00e4"
raw = 'C:\new'
lines = """
two ""lines""""
hidden = [512, 256, # more
  128, ]
none = []
names = ["a b", 'c']
fractions = [1.0, 2.5]
date = 2020-01-01
clock = 10:00:00
nested = [[8]]
deep = [8, [9]]
tables = [{a = 1}]
inline = {}
comma = ["a,b"]
dates = [2020-01-01]
`
	list, err := configfile.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, v := range list {
		got[v.Key] = v.Text
		if v.Err != nil {
			got[v.Key] = "ERROR " + v.Err.Error()
		}
		if v.List {
			got[v.Key] = "[" + got[v.Key] + "]"
		}
	}
	const table, date = "ERROR is a table, but should be a value", "ERROR is a date or a time, which no setting takes; hint: write text in quotes"
	want := map[string]string{
		"epochs": "20", "learning-rate": "0.001", "whole": "1.0", "big": "1e+21", "hex": "255", "many": "1000", "inf": "+Inf", "quiet": "true",
		"text": `a # b, 'c' " [[[[[[[[[[ ä`, "raw": `C:\new`, "lines": "two \"\"lines\"", "hidden": "[512,256,128]", "none": "[]", "names": "[a b,c]",
		"fractions": "[1.0,2.5]", "date": date, "clock": date, "nested": "[ERROR has a list within a list]", "deep": "[ERROR has a list within a list]",
		"tables": "[ERROR element 1 is a table, but should be a value]", "tables.a": table, "inline": table, "comma": `[ERROR element 1, "a,b", has a comma, which separates elements]`,
		"dates": "[ERROR element 1 is a date or a time, which no setting takes; hint: write text in quotes]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLimits asks for an error about what is just beyond each limit, and for none
// at the limit.
func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d = 1\n", i)
		}
		return b.String()
	}
	for _, test := range []struct{ good, bad, want string }{
		{keys(1000), keys(1001), "line 1001: more than 1000 keys"},
		{"a" + repeat(".a", 7) + " = 1", "\na" + repeat(" . 'a'", 8) + " = 1", "line 2: a key of more than 8 parts"},
		{"[a" + repeat(".a", 7) + "]", "[a" + repeat(".a", 8) + "]", "line 1: a key of more than 8 parts"},
		{"a = " + repeat("[", 8) + repeat("]", 8), "a = " + repeat("[\n", 9), "line 9: more than 8 brackets"},
		{"a = " + repeat("[{a=", 4) + "1" + repeat("}]", 4), "a = " + repeat("[{a=", 5), "line 1: more than 8 brackets"},
		{"a = [" + repeat("1,", 9_999) + "]", "a = [" + repeat("1,", 10_000) + "]", "line 1: more than 10000 elements"},
		{"a = '" + repeat("x,[", 20_000) + "'", "a = '" + repeat("x", 65_537) + "'", "line 1: a text of more than 65536 bytes"},
		{`a = "` + repeat("x", 65_000) + `\""`, `a = """` + repeat("x\n", 40_000) + `"""`, "a text of more than 65536 bytes"},
		{"a = 1" + repeat(" ", 100_000), repeat("a", 65_537) + " = 1", "line 1: a key or a value of more than 65536 bytes"},
		{"a = ['''1''''" + repeat(",1", 9_000) + "]", "a = ['''1'''''" + repeat(",1", 10_001) + "]", "more than 10000 elements and brackets"},
		{repeat("[[a]]\n", 5000), repeat("[[a]]\n", 5001), "line 5001: more than 10000 elements and brackets"},
	} {
		if _, err := configfile.Parse([]byte(test.good)); err != nil {
			t.Errorf("%.40q: %v", test.good, err)
		}
		if _, err := configfile.Parse([]byte(test.bad)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: %v, want %q", test.bad, err, test.want)
		}
	}
}

// worst are files of the greatest length that once took long, or might.
func worst() map[string]string {
	const size = configfile.MaxSize
	fill := func(begin, part, end string) string {
		return begin + strings.Repeat(part, (size-len(begin)-len(end))/len(part)) + end
	}
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size-len(format)-8; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	return map[string]string{
		"dotted key": fill("a", ".a", "=1"), "table": fill("[a", ".a", "]"), "array of tables": fill("[[a", ".a", "]]"), "dotted keys": numbered("a%d.a.a.a.a.a.a=1\n"),
		"nested lists": fill("a=", "[", ""), "inline tables": fill("a=", "{a=", ""), "list of tables": fill("a=[", "{a=1},", "]"),
		"elements": fill("a=[", "1,", "]"), "texts": fill("a=[", "'',", "]"), "keys": numbered("k%d=1\n"), "tables": numbered("[t%d]\n"),
		"text": fill("a='", "x", "'"), "escapes": fill(`a="`, `\n`, `"`), "lines": fill(`a="""`, "\\\n", `"""`), "quotes": fill("a='''", "''x", "'''"),
		"open text": fill(`a="`, `\"`, ""), "comment": fill("#", "x", ""), "comments": fill("", "#\n", ""), "lines of nothing": fill("", "\n", ""), "blanks": fill("", " ", ""),
		"key": fill("", "a", "=1"), "quoted key": fill(`"`, "a", `"=1`), "number": fill("a=", "1", ""), "fraction": fill("a=1.", "1", ""), "underscores": fill("a=1", "_1", ""),
		"comments in a list": fill("a=[", "#\n", "]"), "broken text": fill("a='", "\xff", "'"), "zeros": fill("", "\x00", ""), "dots": fill("", ".", ""), "equals": fill("", "=", ""),
		"a text of each size": numbered("k%d='''\n'''\n"), "unclosed": numbered("k%d=['\n"),
	}
}

// TestWorst bounds the time of the worst files.
func TestWorst(t *testing.T) {
	for name, file := range worst() {
		began := time.Now()
		_, err := configfile.Parse([]byte(file))
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: %s, %v", name, took, err)
		} else {
			t.Logf("%-20s %8d bytes %8.1f ms: %.80s", name, len(file), took.Seconds()*1000, fmt.Sprint(err))
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	full := "a = 1\n" + strings.Repeat("#", configfile.MaxSize-6)
	if list, err := configfile.Read(write("full.toml", full)); err != nil || len(list) != 1 || list[0].Text != "1" {
		t.Errorf("a file of the greatest size: %v, %v", list, err)
	}
	for name, want := range map[string]string{
		write("large.toml", full+"#"):                 "large.toml: is larger than 1000000 bytes; hint: ",
		write("syntax.toml", "a = 1\nb =\n"):          "syntax.toml line 2: ",
		write("deep.toml", "a.a.a.a.a.a.a.a.a = 1\n"): "deep.toml line 1: a key of more than 8 parts; hint: ",
		dir:                                "is not a regular file; hint: ",
		filepath.Join(dir, "missing.toml"): "missing.toml: no such file or directory; hint: ",
		"/dev/zero":                        "/dev/zero: is not a regular file; hint: ",
	} {
		if _, err := configfile.Read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzParse asks that any file is read, or refused, in less than a second, and
// that what is read are single values.
func FuzzParse(f *testing.F) {
	for _, file := range []string{
		"", "epochs = 20\n", "a = 1.0\nb = [1, 2]\nc = \"x\"\n", "[a.b]\nc = {d = [[1]]}\n", "a.b.c = 1979-05-27T07:32:00Z\n",
		"a = '''\n''x'''''\n", "a = \"\"\"\\\n  \\\"\"\"\"\n", "# only\n", "a = [\n# b\n1,\n]\n", "\xef\xbb\xbfa = 1\n", "a = \"\\", "a = [\"'\", '\"']\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > configfile.MaxSize {
			return
		}
		began := time.Now()
		list, err := configfile.Parse(file)
		if took := time.Since(began); took > time.Second {
			t.Fatalf("%s for %d bytes", took, len(file))
		}
		if err != nil {
			return
		}
		for _, v := range list {
			if v.Err != nil && v.Text != "" || v.Err == nil && v.Key == "" && !strings.Contains(string(file), `""`) && !strings.Contains(string(file), `''`) {
				t.Fatalf("%q gives %+v", file, v)
			}
		}
	})
}
