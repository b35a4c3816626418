package evaluate

// GradientEnergy is the sum of the squared differences of neighbouring pixels, to the right
// and below, of each of N images C×H×W. It is large for sharp edges and falls with blur
// (images: N×C·H·W; the result: N values). An incomplete last image is omitted.
func GradientEnergy(images []float32, channels, height, width int) []float64 {
	size := channels * height * width
	energies := make([]float64, len(images)/size)
	parallel(len(energies), 16, func(from, to int) {
		for i := from; i < to; i++ {
			image := images[i*size:][:size]
			for line := range channels * height {
				row := image[line*width:][:width]
				energies[i] += squaredDistance(row[1:], row)
				if (line+1)%height != 0 {
					energies[i] += squaredDistance(row, image[(line+1)*width:])
				}
			}
		}
	})
	return energies
}
