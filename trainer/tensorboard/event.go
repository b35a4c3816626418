package tensorboard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"math"
	"time"

	"gaetrain/loaders/files"
	"gaetrain/trainer/settings"
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

// describe adds the plugin that shows a tensor, data for the plugin (nil for none), and the
// text that it shows beside the tensor ("" for none).
func describe(v *value, plugin string, content []byte, description string) {
	var p, m wire.Message
	p.Text(pluginName, plugin)
	if content != nil {
		p.Inside(pluginContent, content)
	}
	m.Inside(metadataPlugin, p)
	if description != "" {
		m.Text(metadataDescription, description)
	}
	m.Number(metadataClass, tensorClass)
	v.Inside(valueMetadata, m)
}

// Plugins of TensorBoard.
const (
	histogramsPlugin = "histograms"
	hparamsPlugin    = "hparams"
	layoutPlugin     = "custom_scalars"
)

// scalar is a number. Unlike a tensor, it is also among the Scalars of TensorBoard's
// EventAccumulator, which many programs read.
func scalar(tag string, number float64) (v value) {
	v.Text(valueTag, tag)
	v.Float(valueSimple, float32(number))
	return v
}

// largestPicture limits the size of a picture, in bytes.
const largestPicture = 64 << 20

// picture is an image that a PNG file holds.
func picture(tag, path string) (v value, err error) {
	data, err := files.ReadRegular(path, largestPicture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Reason(err))
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
	return v, nil
}

// buckets is the number of buckets of a histogram.
const buckets = 30

// histogram counts numbers in buckets of equal width from the smallest to the largest. If
// all are equal, one bucket of width 1 has them. Numbers that are not finite are left out;
// without others, there is no bucket.
func histogram(tag string, numbers []float32, description string) (v value) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range numbers {
		if x := float64(x); settings.Finite(x) {
			low, high = min(low, x), max(high, x)
		}
	}
	from, width, counts := low, (high-low)/buckets, make([]float64, buckets)
	switch {
	case low > high:
		counts = nil
	case low == high:
		from, width, counts = low-0.5, 1, counts[:1]
	}
	for _, x := range numbers {
		if x := float64(x); settings.Finite(x) {
			counts[min(int((x-from)/width), len(counts)-1)]++
		}
	}
	var content []byte
	for i, count := range counts {
		right := from + float64(i+1)*width
		if i == buckets-1 {
			right = high
		}
		for _, x := range []float64{from + float64(i)*width, right, count} {
			content = binary.LittleEndian.AppendUint64(content, math.Float64bits(x))
		}
	}
	v.Text(valueTag, tag)
	v.Inside(valueTensor, tensor(doubleType, content, len(counts), 3))
	describe(&v, histogramsPlugin, nil, description)
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
