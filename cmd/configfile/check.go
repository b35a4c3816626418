package configfile

import (
	"bytes"
	"fmt"
)

// Limits of a file. Settings need far less. The parser and the code that uses its result
// can take minutes and gigabytes for a file beyond these limits.
const (
	maxKeys     = 1000
	maxParts    = 8       // of a dotted key
	maxDepth    = 8       // of brackets
	maxElements = 10_000  // and brackets
	maxText     = 1 << 16 // bytes of a key, a number or a string
)

// checker counts the parts of a file without parsing it. It skips strings and comments, and
// recognises everything else by single bytes.
type checker struct {
	rest                  []byte
	line                  int
	keys, elements, depth int
	parts, length         int // of the current word
}

// check returns an error if a file exceeds the limits.
func check(data []byte) error {
	c := checker{rest: data, line: 1}
	for len(c.rest) > 0 {
		if err := c.next(); err != nil {
			return fmt.Errorf("line %d: %w", c.line, err)
		}
	}
	return nil
}

// next consumes one byte, string or comment.
func (c *checker) next() error {
	switch b := c.rest[0]; b {
	case '#':
		if end := bytes.IndexByte(c.rest, '\n'); end >= 0 {
			c.rest = c.rest[end:]
		} else {
			c.rest = nil
		}
		return nil
	case '"', '\'':
		return c.text(b)
	case '\n':
		c.line++
		c.parts, c.length = 0, 0
	case '=':
		c.keys++
		c.parts, c.length = 0, 0
	case ',':
		c.elements++
		c.parts, c.length = 0, 0
	case '.':
		c.parts++
	case ' ', '\t', '\r':
	case '[', '{':
		c.depth++
		c.elements++
		c.parts, c.length = 0, 0
	case ']', '}':
		c.depth--
		c.parts, c.length = 0, 0
	default:
		c.length++
	}
	c.rest = c.rest[1:]
	return c.limits()
}

func (c *checker) limits() error {
	switch {
	case c.keys > maxKeys:
		return fmt.Errorf("more than %d keys", maxKeys)
	case c.elements > maxElements:
		return fmt.Errorf("more than %d elements and brackets", maxElements)
	case c.depth > maxDepth:
		return fmt.Errorf("more than %d brackets within each other", maxDepth)
	case c.parts >= maxParts:
		return fmt.Errorf("a key of more than %d parts", maxParts)
	case c.length > maxText:
		return fmt.Errorf("a key or a value of more than %d bytes", maxText)
	}
	return nil
}

// text skips a string that is delimited by one or three quotes. The parser reports a string
// without an end.
func (c *checker) text(quote byte) error {
	delimiter := []byte{quote}
	if three := bytes.Repeat(delimiter, 3); bytes.HasPrefix(c.rest, three) {
		delimiter = three
	}
	c.rest = c.rest[len(delimiter):]
	for length := 0; len(c.rest) > 0; length++ {
		if length > maxText {
			return fmt.Errorf("a text of more than %d bytes", maxText)
		}
		size := 1
		switch {
		case bytes.HasPrefix(c.rest, delimiter):
			c.rest = c.rest[len(delimiter):]
			for range len(delimiter) - 1 { // the text itself may end with quotes
				c.rest = bytes.TrimPrefix(c.rest, []byte{quote})
			}
			return nil
		case c.rest[0] == '\n' && len(delimiter) == 1:
			return nil
		case c.rest[0] == '\n':
			c.line++
		case c.rest[0] == '\\' && quote == '"' && len(c.rest) > 1 && c.rest[1] != '\n':
			size = 2
		}
		c.rest = c.rest[size:]
	}
	return nil
}
