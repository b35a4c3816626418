package layer

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gaetrain/graph"
)

// Parse reads layers from text such as
//
//	conv:32,3x5,s2x1,p1,relu,batchnorm flatten dense:64,linear
//	conv:8,3 maxpool:2 dropout:0.2 dense:1568,32x7x7 transposed:16,4,s2 up:2 conv:1,3,sigmoid
//
// A word is a kind of layer with its arguments. dense has the number of units
// and, before convolutions, the channels×height×width they are to those. conv
// and transposed have channels and kernel, then in any order stride s, padding
// p, dilation d and, of transposed, output padding o, each one number or
// height×width; the padding is what keeps the size at stride 1 unless it is
// given. All of them take an activation, a normalisation (batchnorm, layernorm,
// groupnorm:8 or nonorm), bias or nobias, and the initialiser of their weights.
//
// up enlarges the input of the next convolution, repeating pixels; bilinear
// interpolates them; unpool puts them where the encoder's maxpool of the same
// window and stride, as far from the image, found them, with o for rows and
// columns that no window reached. maxpool and avgpool, of a window and a stride
// s that is the window's unless given, belong to the convolution before them;
// dropout, of the share that is put to 0, to any layer. flatten says what holds
// anyway between convolutions and dense. conditional is a dense layer that also
// takes labels, written conditional:CLASSES,UNITS; frames treats the frames of
// its input apart, frames:COUNT,UNITS. residual(…) has layers inside, and adds its
// input to what they make of it. Each layer is like hidden otherwise and
// the last one like last, also in its activation unless there is one among the
// arguments. A text is at most MaxLayers words and MaxText bytes long. Errors wrap
// graph.ErrArchitecture.
func Parse(text string, hidden, last Options) (Sequence, error) {
	return (&reader{hidden: hidden, words: new(int)}).parse(text, last)
}

// Bounds of texts, so that what a file claims takes little time: Gorgonia needs 15 s
// to compile 2,000 layers, and four times as much for twice as many.
const (
	MaxLayers = 500     // and words about layers, those inside of others included
	MaxText   = 1 << 16 // bytes
	maxDepth  = 8       // of blocks inside of one another
)

// parse reads all layers; the last one is like last.
func (r *reader) parse(text string, last Options) (Sequence, error) {
	if len(text) > MaxText {
		return nil, impossible("%s is a text of %d bytes; hint: at most %d", brief(text), len(text), MaxText)
	}
	words, err := split(text)
	if err != nil {
		return nil, err
	}
	if *r.words += len(words); *r.words > MaxLayers {
		return nil, impossible("%s has %d layers or more; hint: at most %d, counting pooling and dropout", brief(text), *r.words, MaxLayers)
	}
	hidden, final := r.hidden, -1 // word that makes a layer
	for i, word := range words {
		if kind, _ := kindOf(word); makers[kind] {
			final = i
		}
	}
	for i, word := range words {
		like := hidden
		if i == final {
			like = last
		}
		if err := r.read(word, like); errors.Is(err, graph.ErrArchitecture) { // of a layer inside
			return nil, err
		} else if err != nil {
			return nil, impossible("%s: %w", brief(word), err)
		}
	}
	if r.larger() {
		return nil, impossible("%s ends with a larger image; hint: conv after up, bilinear or unpool", brief(text))
	}
	r.flush()
	if len(r.layers) == 0 {
		return nil, impossible("%s has no layers; hint: such as conv:16,3,s2 dense:64", brief(text))
	}
	return r.layers, nil
}

// brief quotes the beginning of a text.
func brief(text string) string {
	const most = 60
	if runes := []rune(text[:min(len(text), 4*most)]); len(runes) > most {
		return fmt.Sprintf("%q…", string(runes[:most]))
	}
	return fmt.Sprintf("%q", text)
}

// makers are the kinds of words that make a numbered layer.
var makers = map[string]bool{"dense": true, "conditional": true, "frames": true, "conv": true, "transposed": true}

// kinds are what reads a word, by its kind.
var kinds = map[string]func(r *reader, arguments []string, like Options) error{
	"flatten": func(r *reader, _ []string, _ Options) error {
		if r.rest != "" {
			return fmt.Errorf("takes no arguments")
		}
		return nil
	},
}

// register makes Parse know a kind of word.
func register(kind string, read func(r *reader, arguments []string, like Options) error) {
	kinds[kind] = read
}

// split divides a text into words, at spaces outside of parentheses.
func split(text string) ([]string, error) {
	open := 0
	words := strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(':
			open++
		case ')':
			open--
		}
		return open == 0 && unicode.IsSpace(r)
	})
	if open != 0 {
		return nil, impossible("%s has %+d parentheses; hint: as many ) as (", brief(text), open)
	}
	return words, nil
}

// kindOf divides a word into its kind and its arguments.
func kindOf(word string) (kind, rest string) {
	if at := strings.IndexAny(word, ":("); at >= 0 {
		return word[:at], word[at+1:]
	}
	return word, ""
}

// reader reads layers word by word.
type reader struct {
	layers   Sequence
	hidden   Options  // of layers that are not the last
	words    *int     // so far, of the whole text
	depth    int      // of blocks that the text is inside of
	rest     string   // of the word, behind its kind
	enlarge  Enlarge  // that the next convolution gets
	leading  Sequence // unpooling before the next layer
	poolable bool     // the last layer may be pooled
	share    float64  // of the last layer's dropout
	dropped  bool     // the last layer has had its word about dropout
}

func (r *reader) read(word string, like Options) error {
	kind, rest := kindOf(word)
	read, ok := kinds[kind]
	if !ok {
		return fmt.Errorf("unknown kind %s; hint: conv, transposed, dense, maxpool, avgpool, up, bilinear, unpool, residual, dropout or flatten", brief(kind))
	}
	r.rest = rest
	return read(r, strings.Split(rest, ","), like)
}

// add adds a numbered layer, whose dropout comes behind its pooling.
func (r *reader) add(l Layer, share float64, poolable bool) error {
	r.flush()
	r.layers = append(append(r.layers, r.leading...), Sequence{l}.unfold()[0])
	r.enlarge, r.leading, r.poolable, r.share, r.dropped = Enlarge{}, nil, poolable, share, false
	return nil
}

// flush adds the dropout of the last layer.
func (r *reader) flush() {
	if r.share > 0 {
		r.layers = append(r.layers, Dropout{r.share})
	}
	r.share, r.poolable = 0, false
}

// larger reports whether the next layer takes images that were made larger.
func (r *reader) larger() bool { return r.enlarge != (Enlarge{}) || len(r.leading) > 0 }

// refuseLarger reports a layer that cannot take images that were made larger.
func (r *reader) refuseLarger() error {
	if r.larger() {
		return fmt.Errorf("behind up, bilinear or unpool; hint: only conv may follow them")
	}
	return nil
}

// refuseSecond reports images that are made larger twice.
func (r *reader) refuseSecond() error {
	if r.larger() {
		return fmt.Errorf("follows another one; hint: one factor before a convolution")
	}
	return nil
}
