package layer

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gaetrain/graph"
)

// Parse reads layers from a text such as
//
//	conv:32,3x5,s2x1,p1,relu,batchnorm flatten dense:64,linear
//	conv:8,3 maxpool:2 dropout:0.2 dense:1568,32x7x7 transposed:16,4,s2 up:2 conv:1,3,sigmoid
//
// A word is a kind of layer with its arguments:
//
//	dense:UNITS          fully connected; UNITS,CxHxW sets the shape for later convolutions
//	conv:CHANNELS,KERNEL convolution
//	transposed:…         transposed convolution, with the arguments of conv
//	maxpool:WINDOW       pooling of the preceding convolution; avgpool takes the mean
//	up:FACTOR            repeats pixels of the input of the next convolution
//	bilinear:FACTOR      interpolates pixels of the input of the next convolution
//	unpool:WINDOW        moves values to the positions of the maxima of the encoder's maxpool
//	dropout:SHARE        sets a share of the output of the preceding layer to 0
//	residual(LAYERS)     adds its input to the output of the layers inside
//	conditional:CLASSES,UNITS  dense layer with labels as a second input
//	frames:COUNT,UNITS   dense layer for each frame of the input
//	flatten              no operation; documents that rows follow images
//
// Further arguments of conv and transposed, in any order, are stride s, padding
// p, dilation d and, for transposed, output padding o. Each is one number or
// HEIGHTxWIDTH. The default padding keeps the size at stride 1. Pooling and
// unpooling have a stride s (default: the window), and unpool has o for rows
// and columns that no window covered. Its pooling in the encoder has the same
// window and stride and is at the same distance from the image.
//
// Layers with weights also take an activation, a normalisation (batchnorm,
// layernorm, groupnorm:8 or nonorm), bias or nobias, and the initialiser of
// their weights. What the text does not set comes from hidden, or for the last
// layer from last.
//
// A text has at most MaxLayers words and MaxText bytes. Errors wrap
// graph.ErrArchitecture.
func Parse(text string, hidden, last Options) (Sequence, error) {
	return (&reader{hidden: hidden, words: new(int)}).parse(text, last)
}

// Limits of texts, so that a text from a file cannot take much time. Gorgonia
// needs 15 s to compile 2,000 layers, and four times as long for twice as many.
const (
	MaxLayers = 500     // words of a text, including those inside of residual blocks
	MaxText   = 1 << 16 // bytes of a text
	maxDepth  = 8       // nested residual blocks
)

// parse reads all layers. The last one gets the options last.
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
	hidden, final := r.hidden, -1 // index of the last word that makes a layer
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
		if err := r.read(word, like); errors.Is(err, graph.ErrArchitecture) { // error of a layer inside of the word
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

// kinds are the functions that read a word, by its kind.
var kinds = map[string]func(r *reader, arguments []string, like Options) error{
	"flatten": func(r *reader, _ []string, _ Options) error {
		if r.rest != "" {
			return fmt.Errorf("takes no arguments")
		}
		return nil
	},
}

// register adds a kind of word to Parse.
func register(kind string, read func(r *reader, arguments []string, like Options) error) {
	kinds[kind] = read
}

// split divides a text into words at spaces outside of parentheses.
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
		return nil, impossible("%s has unbalanced parentheses (%+d); hint: as many ) as (", brief(text), open)
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
	hidden   Options  // of all layers except the last
	words    *int     // number of words so far, in the whole text
	depth    int      // number of enclosing blocks
	rest     string   // the word after its kind
	enlarge  Enlarge  // for the next convolution
	leading  Sequence // unpooling before the next layer
	poolable bool     // a pooling may follow
	share    float64  // dropout of the last layer
	dropped  bool     // the last layer has a dropout word
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

// add adds a numbered layer. Its dropout is added after its pooling.
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

// larger reports whether a word before the next layer scales up its input.
func (r *reader) larger() bool { return r.enlarge != (Enlarge{}) || len(r.leading) > 0 }

// refuseLarger returns an error if the next layer cannot scale up its input.
func (r *reader) refuseLarger() error {
	if r.larger() {
		return fmt.Errorf("follows up, bilinear or unpool; hint: only conv may follow them")
	}
	return nil
}

// refuseSecond returns an error if the input is scaled up twice.
func (r *reader) refuseSecond() error {
	if r.larger() {
		return fmt.Errorf("follows another scaling; hint: one up, bilinear or unpool before a convolution")
	}
	return nil
}
