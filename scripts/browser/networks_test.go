package browser

import (
	"archive/zip"
	"bytes"
	little "encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// agreement is the largest difference between a network in a page and the program: of the pixels' range, or of the standard
// deviation of codes or logits.
const agreement = 1e-4

// TestNetworks trains a model of every kind that scripts/onnx checks, and compares its networks in a page with the program.
// Models on pairs of frames have no networks in a page.
func TestNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("trains about 80 models")
	}
	folder, write := t.TempDir(), builtPlayground(t)
	writeData(t, folder)
	server := servePage(t, `<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><script>`+asset(t, "network.js")+`</script>`)
	tab := Open(t, chromium, server)
	for _, c := range modelCases(t) {
		run := strings.ReplaceAll(c.name, " ", "-")
		arguments := append(strings.Fields("--epochs 1 --pictures 0 --quiet --batch-size 32 --validation 40 --run"), run)
		Gaetrain(t, binary, folder, append(append([]string{c.verb}, strings.Fields(c.start)...), append(words(c.flags), arguments...)...)...)
		text, err := spec(write, folder, run)
		if strings.HasPrefix(c.name, "synchrony") {
			if err == nil {
				t.Errorf("%s has networks", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var of struct {
			Networks []json.RawMessage
			Missing  []string
		}
		if err := json.Unmarshal(text, &of); err != nil {
			t.Fatal(err)
		}
		if len(of.Missing) > 0 {
			t.Errorf("%s: %q", c.name, of.Missing)
		}
		for _, n := range of.Networks {
			var got struct {
				Name      string
				Checked   int
				Agreement float64
			}
			tab.Eval(fmt.Sprintf("gaetrain.network(%s).then(({name, checked, agreement}) => ({name, checked, agreement}))", n), &got)
			if got.Checked == 0 || !(got.Agreement <= agreement) {
				t.Errorf("%s: the %s differs by %g on %d items", c.name, got.Name, got.Agreement, got.Checked)
			}
			t.Logf("%s, %s: %.1g", c.name, got.Name, got.Agreement)
		}
	}
}

// modelCase is a model to train. start chooses its data.
type modelCase struct{ name, verb, start, flags string }

// modelCases reads scripts/onnx/cases.py.
func modelCases(t *testing.T) (list []modelCase) {
	source, err := os.ReadFile(filepath.Join("..", "onnx", "cases.py"))
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`^    "([^"]+)": "(.*)",$`)
	pair := regexp.MustCompile(`^    "([^"]+)": \("([^"]+)", "(.*)"\),$`)
	part := ""
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSuffix(line, "\n")
		if name, _, ok := strings.Cut(line, " = {"); ok {
			part = name
		}
		m, p := plain.FindStringSubmatch(line), pair.FindStringSubmatch(line)
		switch {
		case m != nil && part == "GREY":
			list = append(list, modelCase{m[1], "train", "--dataset npz:grey.npz", m[2]})
		case m != nil && part == "COLOUR":
			list = append(list, modelCase{m[1], "train", "--dataset npz:colour.npz", m[2]})
		case p != nil && part == "NUMBERS":
			list = append(list, modelCase{p[1], "train", "--dataset array:" + p[2], p[3]})
		case p != nil && part == "CLASSIFIERS":
			list = append(list, modelCase{p[1], "finetune", "--labels 120 --from " + strings.ReplaceAll(p[2], " ", "-"), p[3]})
		}
	}
	if len(list) < 70 {
		t.Fatalf("cases.py has %d models", len(list))
	}
	return list
}

// words splits flags as a shell does. Quotes are single.
func words(flags string) (list []string) {
	for i, part := range strings.Split(flags, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

// builtPlayground is the program scripts/playground, which is built once.
func builtPlayground(t *testing.T) string {
	path, err := buildPlayground()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildPlayground = sync.OnceValues(func() (string, error) {
	path := filepath.Join(artefacts, "playground")
	command := exec.Command("go", "build", "-o", path, "./scripts/playground")
	command.Dir = filepath.Join("..", "..")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return path, nil
})

// spec returns the JSON of the playground of a run.
func spec(program, folder, run string) ([]byte, error) {
	path := filepath.Join(folder, run+".html")
	command := exec.Command(program, "-run", run, "-out", path)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), `<script type="application/json" id="spec">`)
	found, _, ok := strings.Cut(rest, "</script>")
	if !ok {
		return nil, fmt.Errorf("%s has no data", path)
	}
	return []byte(found), nil
}

// writeData writes the data of the cases: smooth images of ten classes, and rows of numbers.
func writeData(t *testing.T, folder string) {
	const train, test = 300, 64
	images := func(count, height, width, channels int, phase float64) (pixels, labels []byte) {
		for i := range count {
			class := i % 10
			labels = append(labels, byte(class))
			for at := range height * width * channels {
				y, x, c := at/channels/width, at/channels%width, at%channels
				wave := 0.5 + 0.5*math.Sin(phase+float64(i*i%97)+float64(x)*(1+float64(class)/5)/2+float64(y*(c+1))/3)
				pixels = append(pixels, byte(255*wave))
			}
		}
		return pixels, labels
	}
	for name, shape := range map[string][]int{"grey": {12, 12}, "colour": {9, 12, 3}} {
		channels := 1
		if len(shape) == 3 {
			channels = 3
		}
		x, y := images(train, shape[0], shape[1], channels, 0)
		testX, testY := images(test, shape[0], shape[1], channels, 0.3)
		writeFile(t, filepath.Join(folder, name+".npz"), archive(t, map[string][]byte{
			"x_train.npy": npy("|u1", x, append([]int{train}, shape...)), "y_train.npy": npy("|u1", y, []int{train}),
			"x_test.npy": npy("|u1", testX, append([]int{test}, shape...)), "y_test.npy": npy("|u1", testY, []int{test}),
		}))
	}
	var rows, pictures []byte
	var csv bytes.Buffer
	csv.WriteString("a,b,c,d,e,f\n")
	for i := range 700 {
		for k := range 6 {
			v := float64(1000*k) + float64(k+1)*math.Sin(float64(i*(k%3+1))/7)
			rows = little.LittleEndian.AppendUint64(rows, math.Float64bits(v))
			if (i+k)%9 != 0 {
				fmt.Fprint(&csv, v)
			}
			csv.WriteString(map[bool]string{true: "\n", false: ","}[k == 5])
		}
		for at := range 48 {
			v := math.Sin(float64(i)+float64(at)/5) - 0.5
			pictures = little.LittleEndian.AppendUint64(pictures, math.Float64bits(v))
		}
	}
	writeFile(t, filepath.Join(folder, "table.npy"), npy("<f8", rows, []int{700, 6}))
	writeFile(t, filepath.Join(folder, "pictures.npy"), npy("<f8", pictures, []int{700, 8, 6}))
	writeFile(t, filepath.Join(folder, "holes.csv"), csv.Bytes())
}

// npy writes an array in the format of NumPy.
func npy(kind string, data []byte, shape []int) []byte {
	sides := ""
	for _, side := range shape {
		sides += fmt.Sprintf("%d, ", side)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, sides)
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	all := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(all, header...), data...)
}

func archive(t *testing.T, members map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range members {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
