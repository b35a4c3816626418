package trace

// Attributes are the attributes of a node.
type Attributes []Attribute

// Int is an attribute that is a whole number.
func Int(name string, value int) Attribute { return Attribute{name, int64(value)} }

// Ints is an attribute that is a list of whole numbers.
func Ints(name string, values ...int) Attribute {
	list := make([]int64, len(values))
	for i, v := range values {
		list[i] = int64(v)
	}
	return Attribute{name, list}
}

// Float is an attribute that is a number.
func Float(name string, value float32) Attribute { return Attribute{name, value} }

// Text is an attribute that is a string.
func Text(name, value string) Attribute { return Attribute{name, value} }
