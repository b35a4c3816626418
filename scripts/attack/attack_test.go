package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// aCheckpoint has two tensors and a header.
func aCheckpoint() checkpoint {
	return checkpoint{
		metadata: map[string]string{headerKey: `{"stage":"train","position":{"epoch":5},"metrics":{"bytes":1200,"crc32c":7}}`},
		tensors: map[string]tensor{
			"encoder/1/weights": {"F32", []int{2, 1}, []byte("abcdefgh")}, "solver/first/a": {"F32", []int{1}, []byte("ijkl")},
		},
	}
}

func TestSameTensors(t *testing.T) {
	want := aCheckpoint().bytes()
	for _, c := range []struct {
		name   string
		change func(c checkpoint)
		same   bool
	}{
		{"nothing", func(checkpoint) {}, true},
		{"metadata", func(c checkpoint) { c.metadata[headerKey] = `{"run":"other"}` }, true},
		{"a value", func(c checkpoint) { c.tensors["solver/first/a"] = tensor{"F32", []int{1}, []byte("ijkm")} }, false},
		{"a shape", func(c checkpoint) { c.tensors["encoder/1/weights"] = tensor{"F32", []int{1, 2}, []byte("abcdefgh")} }, false},
		{"a type", func(c checkpoint) { c.tensors["solver/first/a"] = tensor{"I32", []int{1}, []byte("ijkl")} }, false},
		{"a name", func(c checkpoint) { c.tensors["b"] = c.tensors["solver/first/a"]; delete(c.tensors, "solver/first/a") }, false},
		{"one tensor less", func(c checkpoint) { delete(c.tensors, "solver/first/a") }, false},
	} {
		changed := aCheckpoint()
		c.change(changed)
		if err := sameTensors(changed.bytes(), want); (err == nil) != c.same {
			t.Errorf("%s changed: %v", c.name, err)
		}
	}
	if sameTensors(want[:len(want)-1], want) == nil || sameTensors(nil, want) == nil {
		t.Error("a truncated file counts as the same")
	}
	if got := aCheckpoint().checksummed(); got != 1200 {
		t.Errorf("the checksum covers %d bytes of metrics.jsonl, want 1200", got)
	}
}

func TestCheckpointChecksum(t *testing.T) {
	c, err := parseCheckpoint(aCheckpoint().bytes())
	if err != nil {
		t.Fatal(err)
	}
	one := c.metadata[checksumKey]
	c.fill(1)
	if other, _ := parseCheckpoint(c.bytes()); len(one) != 8 || other.metadata[checksumKey] == one {
		t.Errorf("the checksum is %s, and the same after a change", one)
	}
}

func TestSameFigures(t *testing.T) {
	const one = `{"epoch":1,"loss":0.5,"seconds":3,"timestamp":"a"}` + "\n" + `{"epoch":2,"loss":0.25}` + "\n"
	if err := sameFigures([]byte(one), []byte(strings.Replace(one, `"seconds":3`, `"seconds":4`, 1))); err != nil {
		t.Errorf("a different time counts as a difference: %v", err)
	}
	for _, other := range []string{strings.Replace(one, "0.25", "0.250000001", 1), one + one, one[:50], "", strings.Replace(one, "loss", "lass", 1)} {
		if sameFigures([]byte(one), []byte(other)) == nil {
			t.Errorf("%q counts as the same", other)
		}
	}
	if sameFigures(nil, nil) == nil {
		t.Error("two empty files count as the same")
	}
}

func TestSealed(t *testing.T) {
	const plain = "{\n  \"a\": 1\n}\n"
	if got := sealed([]byte(plain)); string(got) != plain {
		t.Errorf("a file without a checksum gets one: %q", got)
	}
	right := sealed([]byte("{\n  \"checksum\": \"00000000\",\n  \"a\": 1\n}\n"))
	if bytes.Contains(right, []byte("00000000")) || !bytes.Equal(sealed(right), right) || bytes.Equal(sealed(bytes.Replace(right, []byte("1"), []byte("2"), -1)), right) {
		t.Errorf("sealed: %q", right)
	}
}

func TestRefused(t *testing.T) {
	const line = "gaetrain: run.json is damaged; hint: restore it\n"
	for _, c := range []struct {
		name string
		o    outcome
		fine bool
	}{
		{"a line", outcome{code: 5, stderr: line}, true},
		{"done", outcome{code: 0}, false},
		{"another code", outcome{code: 2, stderr: line}, false},
		{"two lines", outcome{code: 5, stderr: line + line}, false},
		{"no line", outcome{code: 5}, false},
		{"results", outcome{code: 5, stderr: line, stdout: "mse 0.1\n"}, false},
		{"a signal", outcome{code: -1, signal: syscall.SIGPIPE}, false},
		{"a trace", outcome{code: 5, stderr: "panic: nil\n\ngoroutine 1 [running]:\n"}, false},
		{"out of memory", outcome{code: 5, stderr: "fatal error: runtime: out of memory\n"}, false},
		{"a hang", outcome{code: 5, stderr: line, late: true}, false},
		{"memory", outcome{code: 5, stderr: line, memory: mostMemory + 1}, false},
		{"a long line", outcome{code: 5, stderr: "gaetrain: " + strings.Repeat("x", 2000) + "\n"}, false},
	} {
		if err := c.o.refused(5); (err == nil) != c.fine {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestClean(t *testing.T) {
	for _, text := range []string{"", "a table\nof two lines\n", "an é and 日本語 and “\\x1b” in quotes\n"} {
		if err := clean(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for name, text := range hostileNames {
		plain := name == "quotes" || name == "long" || name == "dash"
		if err := clean("class " + text + "  0.5\n"); (err == nil) != plain {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnchanged(t *testing.T) {
	dir := t.TempDir()
	write(filepath.Join(dir, "a/b"), []byte("one"))
	before := contents(dir)
	if err := unchanged(dir, before); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(){
		"changed": func() { write(filepath.Join(dir, "a/b"), []byte("two")) },
		"new":     func() { write(filepath.Join(dir, "a/c"), nil) },
		"folder":  func() { os.Mkdir(filepath.Join(dir, "d"), 0o755) },
		"gone":    func() { os.RemoveAll(filepath.Join(dir, "a")) },
	} {
		if change(); unchanged(dir, before) == nil {
			t.Errorf("%s: the change is not reported", name)
		}
	}
}

func TestLeftovers(t *testing.T) {
	for name, fine := range map[string]bool{
		"metrics.json": true, ".lock": true, "samples-codes.npy": true, "run/.gaetrain-6OXY3PUTHNBD3KUUT774KVRAHF": false, ".gaetrain-IDCL6HELMPKNDB2LNFB3GYHL7Z": false, "codes.npy": false,
	} {
		dir := t.TempDir()
		write(filepath.Join(dir, name), nil)
		if err := leftovers(dir); (err == nil) != fine {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := leftovers(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

// stand returns an attempt with a script in place of the program.
func stand(t *testing.T, script string) *attempt {
	path := filepath.Join(t.TempDir(), "gaetrain")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := newLab(t.Context(), options{binary: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return &attempt{lab: l, dir: t.TempDir()}
}

// TestLab checks that wrong answers, crashes of a try and tries that are left out are
// counted correctly.
func TestLab(t *testing.T) {
	l := stand(t, "echo 'gaetrain: no' >&2; exit 3").lab
	result := l.attackArea("any", []try{
		{"right", func(a *attempt) error { return a.gaetrain("x").refused(3) }},
		{"wrong", func(a *attempt) error { return a.gaetrain("x", "y z").refused(5) }},
		{"fails", func(*attempt) error { panic("no") }},
		{"left", func(*attempt) error { return leftOut("no disk") }},
	})
	var text strings.Builder
	if wrong := printResults(&text, 7, []areaResult{result}); wrong != 2 || result.made != 3 || len(result.left) != 1 {
		t.Fatalf("%d wrong of %d:\n%s", wrong, result.made, &text)
	}
	for _, want := range []string{"seed 7", `any/wrong: exit code 3, want 5`, `gaetrain x "y z": exit 3`, "any/left: no disk", "the try itself failed: no"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}

func TestOutcome(t *testing.T) {
	a := stand(t, `case $1 in
signal) kill -HUP $$;;
hang) sleep 60;;
esac`)
	if o := a.gaetrain("signal"); o.signal != syscall.SIGHUP || o.ends(0) == nil {
		t.Errorf("after a signal, the outcome is %v", o)
	}
	if o := a.wait(a.start(a.command("hang")), 100e6); !o.late || o.ends(0, -1) == nil {
		t.Errorf("after a hang, the outcome is %v", o)
	}
	if o := a.gaetrain("fine"); o.ends(0) != nil || o.within(20, 1<<30) != nil || o.within(0, 1<<30) == nil || o.within(20, 1) == nil {
		t.Errorf("after a correct end, the outcome is %v", o)
	}
}

func TestDownloadIsCounted(t *testing.T) {
	a := stand(t, "exit 0")
	p := a.newProxy(nil)
	defer p.close()
	if err := a.fewRequests(p); !errors.As(err, new(leftOut)) {
		t.Errorf("without a request, the error is %v", err)
	}
	p.requests["one/file"] = mostRequests
	if err := a.fewRequests(p); err == nil || errors.As(err, new(leftOut)) {
		t.Errorf("with one mirror, the error is %v", err)
	}
	p.requests["two/file"] = 1
	if err := a.fewRequests(p); err != nil {
		t.Error(err)
	}
	p.requests["two/file"] = mostRequests + 1
	if a.fewRequests(p) == nil {
		t.Error("too many requests are not reported")
	}
}
