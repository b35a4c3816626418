// Package configfile reads files of settings: TOML with one value per setting.
// Reading any file, even a malicious one, takes less than a second and little memory.
package configfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"gaetrain/loaders/files"
)

// MaxSize is the number of bytes of the largest file.
const MaxSize = 1_000_000

// Value is one setting of a file.
type Value struct {
	Key  string
	Text string // in the form that a flag takes; the elements of a list are separated by commas
	List bool   // written as a list
	Err  error  // why the value has no text, for example because it is a table
}

// Read reads a file, or a pipe such as /dev/stdin. Errors name the file and the problem.
func Read(name string) ([]Value, error) {
	data, err := load(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; hint: --config names a TOML file", name, files.Reason(err))
	}
	list, err := Parse(data)
	return list, inFile(name, err)
}

// inFile adds the name of a file to an error of decode.
func inFile(name string, err error) error {
	var syntax toml.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		message := strings.TrimSuffix(syntax.Message, ".")
		if rest, ok := strings.CutPrefix(message, "Key "); ok {
			message = "key " + rest
		}
		return fmt.Errorf("%s line %d: %s; hint: lines of a TOML file are such as: epochs = 20", name, syntax.Position.Line, message)
	}
	return fmt.Errorf("%s %w; hint: lines of a TOML file are such as: epochs = 20", name, err)
}

// load reads at most MaxSize bytes of a regular file, or of a pipe that this process has
// inherited. Opening another pipe would block until a writer opens it.
func load(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() && !(mode.Type() == fs.ModeNamedPipe && inherited(name)) {
		return nil, errors.New("is not a regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("is larger than %d bytes", MaxSize)
	}
	return data, err
}

// inherited reports whether a name stands for a file that was already open when the process
// started, such as <(…) of a shell.
func inherited(name string) bool {
	name = path.Clean(name)
	return name == "/dev/stdin" || strings.HasPrefix(name, "/dev/fd/") || strings.HasPrefix(name, "/proc/self/fd/")
}

// Parse lists the values of a file in the order of the file.
func Parse(data []byte) ([]Value, error) {
	values, keys, err := decode(data)
	if err != nil {
		return nil, err
	}
	var list []Value
	for _, key := range keys {
		v := Value{Key: key.String()}
		var value any = values // a key of several parts stands for a table
		if len(key) == 1 {
			value = values[key[0]]
		}
		_, v.List = value.([]any)
		v.Text, v.Err = textOf(value)
		list = append(list, v)
	}
	return list, nil
}

// decode returns the content of a file, and its keys in the order of the file.
func decode(data []byte) (map[string]any, []toml.Key, error) {
	if err := check(data); err != nil {
		return nil, nil, err
	}
	values := make(map[string]any)
	meta, err := toml.Decode(string(data), &values)
	return values, meta.Keys(), err
}

// textOf writes a value in the form that a flag takes.
func textOf(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".eEIN") { // otherwise 1.0 would become a whole number
			text += ".0"
		}
		return text, nil
	case time.Time:
		return "", errors.New("is a date or a time, which no setting takes; hint: write text in quotes")
	case []any:
		return listOf(v)
	}
	return "", errors.New("is a table, but should be a value")
}

// listOf writes the elements of a list, separated by commas.
func listOf(list []any) (string, error) {
	words := make([]string, len(list))
	for i, element := range list {
		if _, nested := element.([]any); nested {
			return "", errors.New("has a list within a list")
		}
		text, err := textOf(element)
		if err != nil {
			return "", fmt.Errorf("element %d %w", i+1, err)
		}
		if strings.Contains(text, ",") {
			return "", fmt.Errorf("element %d, %q, has a comma, which separates elements", i+1, text)
		}
		words[i] = text
	}
	return strings.Join(words, ","), nil
}
