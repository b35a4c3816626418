package kernel

import "fmt"

// Activation is an elementwise function y = f(z) whose derivative can be
// computed from y alone, so a backward pass needs no z.
type Activation uint8

// The activations. Linear is the zero value.
const (
	Linear    Activation = iota // z
	Sigmoid                     // 1/(1+e^−z)
	Tanh                        // tanh z
	ReLU                        // max(0, z)
	LeakyReLU                   // z for z > 0, else LeakySlope·z
	ELU                         // z for z > 0, else e^z − 1 (Clevert 2016, α = 1)
	Softplus                    // log(1+e^z)
	SELU                        // λz for z > 0, else λα(e^z − 1) (Klambauer 2017)
)

const activations = int(SELU) + 1 // number of activations

// Constants of the activations.
const (
	LeakySlope = 0.01
	seluScale  = 1.0507009873554804934193349852946
	seluAlpha  = 1.6732632423543772848170429916717
)

var activationNames = [activations]string{"linear", "sigmoid", "tanh", "relu", "leaky-relu", "elu", "softplus", "selu"}

// Activations lists every activation in order.
func Activations() []Activation {
	all := make([]Activation, len(activationNames))
	for i := range all {
		all[i] = Activation(i)
	}
	return all
}

// String returns the name in text forms and settings, such as "leaky-relu".
func (a Activation) String() string {
	if int(a) < len(activationNames) {
		return activationNames[a]
	}
	return fmt.Sprintf("activation(%d)", uint8(a))
}
