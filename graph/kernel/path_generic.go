package kernel

// generic is the twin of every assembly function in plain Go.
var generic = path{
	name: "generic",
}
