package kernel

// AddClasses adds to each row of z what belongs to its class, y = z + E_c (z, y:
// BK×H, of which each samples in a row have one label; labels: B, whole numbers
// from 0 to C−1, a label out of range panics; classes E: C×H).
func AddClasses(rows, samples, columns int, labels, classes, z, y []float32) {
	for i := range rows {
		class := int(labels[i/samples]) * columns
		active.add(y[i*columns:(i+1)*columns], z[i*columns:(i+1)*columns], classes[class:class+columns])
	}
}

// ClassesGradient sums up the gradients in the rows by their classes (dz: BK×H,
// labels: B, gradient: C×H).
func ClassesGradient(rows, samples, columns int, labels, dz, gradient []float32) {
	clear(gradient)
	for i := range rows {
		class := int(labels[i/samples]) * columns
		sum := gradient[class : class+columns]
		active.add(sum, sum, dz[i*columns:(i+1)*columns])
	}
}
