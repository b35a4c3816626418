package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image"
	_ "image/png" // for the size of pictures
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"gaetrain/viz/plain"
)

// ErrPicture reports a picture of a report that is neither PNG, GIF, JPEG nor SVG.
var ErrPicture = errors.New("unknown kind of picture")

// Report is a page about a run. Empty fields and lists are not on the page.
type Report struct {
	Title         string   // such as "vae on fashion-mnist"
	Subtitle      string   // one line about the model and its training
	Verdict       []string // sentences about what the model learned and where it fails
	Warnings      []string // shown before all pictures
	Films         []Film   // reconstructions and samples through the epochs
	Curves        *Curves
	Points        *Points // the codes
	Errors        *Errors
	Playground    json.RawMessage // for gaetrain.playground; without <, > and &
	Missing       []string        // sentences about what the page cannot show, and why
	Learned       []Picture       // of the model, such as filters
	Pictures      []Picture       // other pictures of training
	Later         []Picture       // pictures that other verbs have drawn
	Figures       []Figure
	Choices       []string // which split selected what
	Tables        []Table
	Summary       string // a paragraph about the model
	Citation      string // of the paper that describes the model
	Command       string // that reproduces the run
	Configuration []Setting
	Attribution   []string // a line for each data set or work whose licence requires one
	Created       time.Time
	Version       string // of the program
}

// Figure is one number of the result.
type Figure struct {
	Name        string // such as "reconstruction"
	Value       string // as it is shown, such as "228.4"
	Unit        string // such as "nats per image"
	Explanation string
}

// Table is a list of values with the names of its columns. The first column names the rows.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// Setting is one resolved value of the configuration.
type Setting struct {
	Key, Value string
	Origin     string // such as "flag", "environment", "file" or "default"
	Default    bool   // nobody has chosen the value
}

// Picture is a PNG, GIF, JPEG or SVG that is put into the page itself.
type Picture struct {
	Title   string
	Caption string
	Alt     string // for those who cannot see it; the title when empty
	Path    string // of the file, read when Data is empty
	Data    []byte
	// Pixels is by how much the picture, whose pixels are those of small images, is
	// enlarged without smoothing; 0 for a picture in its own size.
	Pixels int
}

//go:embed report.html.tmpl
var reportSource string

var reportTemplate = sync.OnceValue(func() *template.Template {
	functions := template.FuncMap{
		"style":   func() template.CSS { return template.CSS(StyleSheet) },
		"script":  func() template.JS { return template.JS(ReportScript()) },
		"policy":  func() string { return contentPolicy(ReportScript()) },
		"image":   func(png []byte) template.URL { return template.URL(pngURI(png)) },
		"inlined": Picture.inline,
	}
	return template.Must(template.New("report").Funcs(functions).Parse(reportSource))
})

// contentPolicy is a content security policy that allows one script and no network.
func contentPolicy(script string) string {
	digest := sha256.Sum256([]byte(script))
	return "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(digest[:]) + "'"
}

// HTML writes a self-contained page, which needs no network. Pictures are part of the page. It has a light, a dark and a
// print scheme. The same report gives the same bytes. Errors are those of reading pictures, ErrPicture, and those of w.
func (r Report) HTML(w io.Writer) error {
	var all bytes.Buffer             // so that an error leaves no half page
	visible := plain.NewWriter(&all) // names must not reverse or hide the text around them
	if err := errors.Join(reportTemplate().Execute(visible, reportPage{r}), visible.Flush()); err != nil {
		return err
	}
	_, err := w.Write(all.Bytes())
	return err
}

// reportPage is the data of the template.
type reportPage struct{ Report }

// Data is what the scripts read. It has no markup, because JSON writes < as \u003c.
func (p reportPage) Data() (template.JS, error) {
	data, err := json.Marshal(struct {
		Films  []Film  `json:"films,omitempty"`
		Curves *Curves `json:"curves,omitempty"`
		Points *Points `json:"points,omitempty"`
	}{p.Films, p.Curves, p.Points})
	return template.JS(data), err
}

// Explore is the data of the playground. Hidden runes in its texts are written as \\u202e, so that readers see them.
func (p reportPage) Explore() template.JS {
	var text strings.Builder
	rest := string(p.Playground)
	for i := strings.IndexFunc(rest, plain.Hidden); i >= 0; i = strings.IndexFunc(rest, plain.Hidden) {
		_, size := utf8.DecodeRuneInString(rest[i:])
		text.WriteString(rest[:i] + strings.ReplaceAll(plain.Line(rest[i:i+size]), `\`, `\\`))
		rest = rest[i+size:]
	}
	return template.JS(text.String() + rest)
}

// Chosen lists the settings that somebody has chosen, Defaults the others.
func (p reportPage) Chosen() []Setting   { return p.settings(false) }
func (p reportPage) Defaults() []Setting { return p.settings(true) }

func (p reportPage) settings(byDefault bool) (list []Setting) {
	for _, s := range p.Configuration {
		if s.Default == byDefault {
			list = append(list, s)
		}
	}
	return list
}

// CreatedText is the time of creation in UTC for readers, empty when unknown.
func (p reportPage) CreatedText() string {
	if p.Created.IsZero() {
		return ""
	}
	return p.Created.UTC().Format("2 January 2006, 15:04 UTC")
}

// CreatedAttribute is the time of creation for machines.
func (p reportPage) CreatedAttribute() string { return p.Created.UTC().Format(time.RFC3339) }

// inlinedPicture is a picture whose bytes are in the page.
type inlinedPicture struct {
	Picture
	Source template.URL
	Sheet  string // class of the ground in the style sheet: "", vector for an SVG, scheme for one with colours for dark screens
	Width  int    // at which pixels are shown; 0: its own
}

// inline reads the picture.
func (p Picture) inline() (in inlinedPicture, err error) {
	in = inlinedPicture{Picture: p}
	if in.Source, in.Sheet, err = p.dataURI(); err != nil || p.Pixels == 0 {
		return in, err
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(p.Data))
	if err != nil {
		return in, fmt.Errorf("picture %q: %w: %w", p.Title, ErrPicture, err)
	}
	in.Width = size.Width * p.Pixels
	return in, nil
}

// AltText describes the picture.
func (p inlinedPicture) AltText() string {
	if p.Alt != "" {
		return p.Alt
	}
	return p.Title
}

// dataURI reads the picture and encodes it with the type that its first bytes show. It returns the class of its ground. Browsers run no scripts of
// an SVG that is shown as an image.
func (p Picture) dataURI() (source template.URL, sheet string, err error) {
	data, name := p.Data, p.Title
	if len(data) == 0 {
		if data, err = os.ReadFile(p.Path); err != nil {
			return "", "", fmt.Errorf("picture %q: %w", p.Title, err)
		}
		name = filepath.Base(p.Path)
	}
	kind := http.DetectContentType(data)
	switch {
	case kind == "image/png", kind == "image/gif", kind == "image/jpeg":
	case strings.Contains(string(data[:min(len(data), 1024)]), "<svg"):
		kind, sheet = "image/svg+xml", "vector"
		if bytes.Contains(data, []byte("prefers-color-scheme")) {
			sheet = "scheme"
		}
	default:
		return "", "", fmt.Errorf("picture %q: %w: want PNG, GIF, JPEG or SVG", name, ErrPicture)
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)), sheet, nil
}
