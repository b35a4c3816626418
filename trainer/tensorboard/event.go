package tensorboard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"time"

	"gaetrain/trainer/wire"
)

// Field numbers of event.proto, summary.proto, tensor.proto and tensor_shape.proto
// (https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core).
const (
	eventTime, eventStep, eventVersion, eventSummary, eventSession = 1, 2, 3, 5, 7
	sessionStatus                                                  = 1
	summaryValue                                                   = 1
	valueTag, valueSimple, valueImage, valueTensor, valueMetadata  = 1, 2, 4, 8, 9
	metadataPlugin, metadataDescription, metadataClass             = 1, 3, 4
	pluginName, pluginContent                                      = 1, 2
	imageHeight, imageWidth, imageColourSpace, imageEncoded        = 1, 2, 3, 4
	tensorType, tensorShape, tensorContent, tensorText             = 1, 2, 4, 8
	shapeDimension, dimensionSize                                  = 2, 1
)

// Values of enumerations of these messages.
const (
	sessionStart                    = 1
	floatType, doubleType, textType = 1, 2, 7
	tensorClass                     = 2
	rgb                             = 3
)

// event is a message of the type Event.
type event = wire.Message

// value is a message of the type Summary.Value.
type value = wire.Message

func newEvent(at time.Time, step int) (e event) {
	e.Double(eventTime, seconds(at))
	e.Number(eventStep, int64(step))
	return e
}

// version is the first event of each file.
func version(at time.Time) event {
	e := newEvent(at, 0)
	e.Text(eventVersion, "brain.Event:2")
	return e
}

// restart is the event with which a resumed run begins. TensorBoard then drops all values
// of earlier events at this step and after it.
func restart(at time.Time, step int) event {
	e := newEvent(at, step)
	var session wire.Message
	session.Number(sessionStatus, sessionStart)
	e.Inside(eventSession, session)
	return e
}

// summary is an event with values.
func summary(at time.Time, step int, values ...value) event {
	e := newEvent(at, step)
	var m wire.Message
	for _, v := range values {
		m.Inside(summaryValue, v)
	}
	e.Inside(eventSummary, m)
	return e
}

// describe adds the text that TensorBoard shows beside a value; "" for none.
func describe(v *value, plugin, content, description string) {
	var p, m wire.Message
	if plugin != "" {
		p.Text(pluginName, plugin)
		if content != "" {
			p.Inside(pluginContent, []byte(content))
		}
		m.Inside(metadataPlugin, p)
		m.Number(metadataClass, tensorClass)
	}
	if description != "" {
		m.Text(metadataDescription, description)
	}
	if len(m) > 0 {
		v.Inside(valueMetadata, m)
	}
}

// scalar is a number.
func scalar(tag string, number float64, description string) (v value) {
	v.Text(valueTag, tag)
	v.Float(valueSimple, float32(number))
	describe(&v, "", "", description)
	return v
}

// largestPicture limits the size of a picture, in bytes.
const largestPicture = 64 << 20

// picture is an image that a PNG file holds.
func picture(tag, path, description string) (v value, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestPicture+1))
	if err != nil {
		return nil, err
	}
	if len(data) > largestPicture {
		return nil, fmt.Errorf("%s has more than %d bytes", path, largestPicture)
	}
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var m wire.Message
	m.Number(imageHeight, int64(size.Height))
	m.Number(imageWidth, int64(size.Width))
	m.Number(imageColourSpace, rgb)
	m.Inside(imageEncoded, data)
	v.Text(valueTag, tag)
	v.Inside(valueImage, m)
	describe(&v, "", "", description)
	return v, nil
}

// buckets is the number of buckets of a histogram.
const buckets = 30

// histogram counts numbers, of which there is at least one, in buckets of equal width from
// the smallest to the largest. If all are equal, one bucket of width 1 has them.
func histogram(tag string, numbers []float32, description string) (v value) {
	low, high := numbers[0], numbers[0]
	for _, x := range numbers {
		low, high = min(low, x), max(high, x)
	}
	from, width, counts := float64(low), (float64(high)-float64(low))/buckets, make([]float64, buckets)
	if width == 0 {
		from, width, counts = from-0.5, 1, counts[:1]
	}
	for _, x := range numbers {
		counts[min(int((float64(x)-from)/width), len(counts)-1)]++
	}
	var content []byte
	for i, count := range counts {
		right := from + float64(i+1)*width
		if i == buckets-1 {
			right = float64(high)
		}
		for _, x := range []float64{from + float64(i)*width, right, count} {
			content = binary.LittleEndian.AppendUint64(content, math.Float64bits(x))
		}
	}
	v.Text(valueTag, tag)
	v.Inside(valueTensor, tensor(doubleType, content, len(counts), 3))
	describe(&v, "histograms", "", description)
	return v
}

// tensor is a tensor with its values as bytes.
func tensor(kind int64, content []byte, shape ...int) (m wire.Message) {
	m.Number(tensorType, kind)
	var sides wire.Message
	for _, n := range shape {
		var side wire.Message
		side.Number(dimensionSize, int64(n))
		sides.Inside(shapeDimension, side)
	}
	m.Inside(tensorShape, sides)
	if len(content) > 0 {
		m.Inside(tensorContent, content)
	}
	return m
}

// text is a tensor of one text.
func text(content []byte) (m wire.Message) {
	m.Number(tensorType, textType)
	m.Inside(tensorShape, nil)
	m.Inside(tensorText, content)
	return m
}
