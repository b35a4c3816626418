//go:build amd64 && !noasm

package kernel

var vectorAVX512 = vectorPath{
	exp: expAVX512, multiply: multiplyAVX512, add: addAVX512,
	axpy: axpyAVX512, scale: scaleAVX512, scaleBytes: scaleBytesAVX512, round: roundAVX512,
	activate: [activations]func(dst, src []float32){
		Sigmoid: sigmoidAVX512, Tanh: tanhAVX512, ReLU: reluAVX512, LeakyReLU: leakyReLUAVX512,
		ELU: eluAVX512, Softplus: softplusAVX512, SELU: seluAVX512,
	},
	gradient: [activations]func(y, dy, dz, db []float32, rows, columns, stride int){
		Linear: linearGradientAVX512, Sigmoid: sigmoidGradientAVX512, Tanh: tanhGradientAVX512, ReLU: reluGradientAVX512,
		LeakyReLU: leakyReLUGradientAVX512, ELU: eluGradientAVX512, Softplus: softplusGradientAVX512, SELU: seluGradientAVX512,
	},
	squaredError: squaredErrorAVX512, crossEntropy: crossEntropyAVX512,
	sum: sumAVX512, sumSquares: sumSquaresAVX512, finite: finiteAVX512,
	descend: descendAVX512, momentum: momentumAVX512, nesterov: nesterovAVX512, rmsProp: rmsPropAVX512, adam: adamAVX512,
	uniform: uniformAVX512, gaussian: gaussianAVX512, bernoulli: bernoulliAVX512,
}

var vectorAVX2 = vectorPath{
	exp: expAVX2, multiply: multiplyAVX2, add: addAVX2,
	axpy: axpyAVX2, scale: scaleAVX2, scaleBytes: scaleBytesAVX2, round: roundAVX2,
	activate: [activations]func(dst, src []float32){
		Sigmoid: sigmoidAVX2, Tanh: tanhAVX2, ReLU: reluAVX2, LeakyReLU: leakyReLUAVX2,
		ELU: eluAVX2, Softplus: softplusAVX2, SELU: seluAVX2,
	},
	gradient: [activations]func(y, dy, dz, db []float32, rows, columns, stride int){
		Linear: linearGradientAVX2, Sigmoid: sigmoidGradientAVX2, Tanh: tanhGradientAVX2, ReLU: reluGradientAVX2,
		LeakyReLU: leakyReLUGradientAVX2, ELU: eluGradientAVX2, Softplus: softplusGradientAVX2, SELU: seluGradientAVX2,
	},
	squaredError: squaredErrorAVX2, crossEntropy: crossEntropyAVX2,
	sum: sumAVX2, sumSquares: sumSquaresAVX2, finite: finiteAVX2,
	descend: descendAVX2, momentum: momentumAVX2, nesterov: nesterovAVX2, rmsProp: rmsPropAVX2, adam: adamAVX2,
	uniform: uniformAVX2, gaussian: gaussianAVX2, bernoulli: bernoulliAVX2,
}
