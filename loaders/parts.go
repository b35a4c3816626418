package loaders

import (
	"math"
	"strconv"
	"strings"
)

// parts is the text form of a struct of random changes: "none", or some of its parts,
// such as "shift:3,rotate:20". A part is a name with an amount, or a name alone.
type parts struct {
	what    string // such as "motion", in errors
	example string
	list    []part
}

// part has either an amount, which is above 0 if the part is set, or a switch.
type part struct {
	name   string
	amount *float64
	on     *bool
}

func (p part) isSet() bool { return p.amount != nil && *p.amount != 0 || p.on != nil && *p.on }

// parse sets the parts that a text names. The empty string is none. Errors wrap
// ErrUnknown.
func (p parts) parse(spec string) error {
	if spec == "" || spec == "none" {
		return nil
	}
	for word := range strings.SplitSeq(spec, ",") {
		name, amount, hasAmount := strings.Cut(word, ":")
		into, known := p.find(name)
		if !known || into.isSet() || hasAmount != (into.amount != nil) {
			return usageErrorf("%s %q; hint: none, or some of %s", p.what, spec, p.example)
		}
		if into.on != nil {
			*into.on = true
			continue
		}
		value, err := strconv.ParseFloat(amount, 64)
		if err != nil {
			return usageErrorf("%s %q: %q is not a number", p.what, spec, amount)
		}
		if !(value > 0) || math.IsInf(value, 0) {
			return usageErrorf("%s %q: %s by %s; hint: a finite number above 0", p.what, spec, name, amount)
		}
		*into.amount = value
	}
	return nil
}

func (p parts) find(name string) (part, bool) {
	for _, part := range p.list {
		if part.name == name {
			return part, true
		}
	}
	return part{}, false
}

// String returns what parse reads.
func (p parts) String() string {
	var words []string
	for _, part := range p.list {
		switch {
		case !part.isSet():
		case part.on != nil:
			words = append(words, part.name)
		default:
			words = append(words, part.name+":"+strconv.FormatFloat(*part.amount, 'g', -1, 64))
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ",")
}
