package kernel

var vectorGeneric = vectorPath{
	exp: expGeneric, multiply: multiplyGeneric, add: addGeneric,
	axpy: axpyGeneric, scale: scaleGeneric, scaleBytes: scaleBytesGeneric, round: roundGeneric,
	activate: [activations]func(dst, src []float32){
		Sigmoid: sigmoidGeneric, Tanh: tanhGeneric, ReLU: reluGeneric, LeakyReLU: leakyReLUGeneric,
		ELU: eluGeneric, Softplus: softplusGeneric, SELU: seluGeneric,
	},
	gradient: [activations]func(y, dy, dz, db []float32, rows, columns, stride int){
		Linear: linearGradientGeneric, Sigmoid: sigmoidGradientGeneric, Tanh: tanhGradientGeneric, ReLU: reluGradientGeneric,
		LeakyReLU: leakyReLUGradientGeneric, ELU: eluGradientGeneric, Softplus: softplusGradientGeneric, SELU: seluGradientGeneric,
	},
	squaredError: squaredErrorGeneric, crossEntropy: crossEntropyGeneric,
	sum: sumGeneric, sumSquares: sumSquaresGeneric, finite: finiteGeneric,
	descend: descendGeneric, momentum: momentumGeneric, nesterov: nesterovGeneric, rmsProp: rmsPropGeneric, adam: adamGeneric,
	uniform: uniformGeneric, gaussian: gaussianGeneric, bernoulli: bernoulliGeneric,
}
