package trainer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The JSON files that the program reads again have a checksum as their first
// key, on a line of its own. It covers all other bytes of the file. Without it, a key
// with a flipped bit would look like a setting that was left out.
const (
	sealStart = "{\n"
	sealLine  = "  \"checksum\": \"%08x\",\n"
)

// largestSealed limits the size of a sealed file that is read, in bytes. The run.json of a
// table has three lines for each column.
const largestSealed = 128 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal writes a struct as indented JSON with a checksum.
func seal(w io.Writer, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(append(data, '\n'), []byte(sealStart))
	if !ok {
		return fmt.Errorf("%T is not a JSON object with keys", value)
	}
	_, err = fmt.Fprintf(w, sealStart+sealLine+"%s", crc32.Checksum(rest, castagnoli), rest)
	return err
}

// unseal returns the JSON that seal wrote, without the checksum.
func unseal(data []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(sealStart))
	line, rest, found := bytes.Cut(rest, []byte("\n"))
	if !ok || !found {
		return nil, errors.New("it does not begin with a checksum")
	}
	if want := fmt.Sprintf(sealLine, crc32.Checksum(rest, castagnoli)); string(line)+"\n" != want {
		return nil, errors.New("its checksum is wrong")
	}
	return append([]byte(sealStart), rest...), nil
}

// decodeSealed reads what seal wrote. A key without a field in the struct is an error.
func decodeSealed(data []byte, into any) error {
	data, err := unseal(data)
	if err != nil {
		return fmt.Errorf("%w; hint: the file was changed or damaged, restore it from a copy", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
