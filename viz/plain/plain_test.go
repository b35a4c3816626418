package plain_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"gaetrain/viz/plain"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"T-shirt/top":    "T-shirt/top",
		`C:\new "x" 'y'`: `C:\new "x" 'y'`,
		"Mäntel 外套\u3000עברית é 👟 ±–…": "Mäntel 外套\u3000עברית é 👟 ±–…",
		"\x1b]0;title\x07":                           `\u001b]0;title\u0007`,
		"a\nb\tc\rd\be\ff\x00g\x7fh":                 `a\nb\tc\rd\be\ff\u0000g\u007fh`,
		"\u009b31m":                                  `\u009b31m`,
		"a\x80\xffb\xe2\x80":                         `a\x80\xffb\xe2\x80`,
		"\u202egpj.exe\u202c":                        `\u202egpj.exe\u202c`,
		"\u2066\u2067\u2068\u2069\u200e\u200f\u061c": `\u2066\u2067\u2068\u2069\u200e\u200f\u061c`,
		"\u2028\u2029\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u115f\u034f": `\u2028\u2029\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u115f\u034f`,
		"a\U000e0041":  `a\udb40\udc41`,
		"\ufffd\ue000": "\ufffd" + `\ue000`,
	} {
		if got := plain.Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"exactly ten":           "exact…ten",
		"nine char":             "nine char",
		"äöüäöüäöü":             "äöüäöüäöü",
		"äöüäöüäöüß":            "äöüäö…öüß",
		"first middle the last": "first…ast",
	} {
		if got := plain.Clip(text, 9); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWriter writes a document whole and byte by byte.
func TestWriter(t *testing.T) {
	const document = "name\tvalue\nä\u202e外 \x1b[31m👟\r\n\xe2\x80"
	const want = "name\tvalue\nä" + `\u202e` + "外 " + `\u001b[31m` + "👟" + `\r` + "\n" + `\xe2\x80`
	for _, size := range []int{1, 2, 3, len(document)} {
		var out bytes.Buffer
		w := plain.NewWriter(&out)
		for i := 0; i < len(document); i += size {
			part := document[i:min(i+size, len(document))]
			if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := w.Flush(); err != nil || out.String() != want {
			t.Errorf("in pieces of %d bytes: %q, %v; want %q", size, &out, err, want)
		}
	}
	if _, err := plain.NewWriter(broken{}).Write([]byte("x")); err == nil {
		t.Error("the error of the writer below is lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }

// FuzzLine asks that a plain line has nothing hidden in it, that it stays as it
// is, and that JSON means the same as before.
func FuzzLine(f *testing.F) {
	for _, text := range []string{"", "a", "\x1b[2J", "a\nb", "\u202e", "\xff\xfe", "\U000e0001", `\u202e`, "\ufffd"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := plain.Line(text)
		if !utf8.ValidString(line) || strings.IndexFunc(line, plain.Hidden) >= 0 || plain.Line(line) != line {
			t.Fatalf("%q becomes %q", text, line)
		}
		data, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var before, after string
		if err := json.Unmarshal(data, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(plain.Line(string(data))), &after); err != nil || after != before {
			t.Fatalf("%s means %q, then %q, %v", data, before, after, err)
		}
	})
}
