package kernel

// AddClasses adds the row of its class to each row of z, y = z + E_c (z, y:
// BK×H, with K = samples consecutive rows for each label; labels: B, whole
// numbers from 0 to C−1; classes E: C×H). A label out of range panics.
func AddClasses(rows, samples, columns int, labels, classes, z, y []float32) {
	for i := range rows {
		class := int(labels[i/samples]) * columns
		active.add(y[i*columns:(i+1)*columns], z[i*columns:(i+1)*columns], classes[class:class+columns])
	}
}

// ClassesGradient computes the sum of the rows of each class (dz: BK×H, labels:
// B, gradient: C×H).
func ClassesGradient(rows, samples, columns int, labels, dz, gradient []float32) {
	clear(gradient)
	for i := range rows {
		class := int(labels[i/samples]) * columns
		sum := gradient[class : class+columns]
		active.add(sum, sum, dz[i*columns:(i+1)*columns])
	}
}
