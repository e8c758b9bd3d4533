use consilience_nn::Factor;
use consilience_tensor::{Cpu, Shape, Tensor};

/// The gradient of one parameter, summed over the examples of the factor, in the parameter's own order: the definition
/// of [`Factor`], loop by loop.
pub fn gradient_of_factor(factor: &Factor<Cpu<f64>>) -> Vec<f64> {
    match factor {
        Factor::Weight { input, signal, conv } => {
            let (input_shape, output) = (input.shape(), signal.shape());
            let (kernel, stride, padding) = (conv.window.kernel, conv.window.stride, conv.window.padding);
            let inputs_per_group = input_shape.c / conv.groups;
            let outputs_per_group = output.c / conv.groups;
            let weight = Shape::new(output.c, kernel.0, kernel.1, inputs_per_group);
            let mut gradient = vec![0.0; weight.len()];
            for n in 0..output.n {
                for (h, w) in pairs(output.h, output.w) {
                    for o in 0..output.c {
                        let d = signal.as_slice()[at(output, n, h, w, o)];
                        let group = o / outputs_per_group;
                        for (kh, kw) in pairs(kernel.0, kernel.1) {
                            let (y, x) = (h * stride.0 + kh, w * stride.1 + kw);
                            let inside = y >= padding.0
                                && y - padding.0 < input_shape.h
                                && x >= padding.1
                                && x - padding.1 < input_shape.w;
                            if !inside {
                                continue;
                            }
                            for i in 0..inputs_per_group {
                                let channel = group * inputs_per_group + i;
                                let a = input.as_slice()[at(input_shape, n, y - padding.0, x - padding.1, channel)];
                                gradient[at(weight, o, kh, kw, i)] += d * a;
                            }
                        }
                    }
                }
            }
            gradient
        }
        Factor::Scale { input, signal } => {
            let products = input.as_slice().iter().zip(signal.as_slice()).map(|(a, d)| a * d);
            per_channel(signal.shape(), products)
        }
        Factor::Bias { signal } => per_channel(signal.shape(), signal.as_slice().iter().copied()),
    }
}

fn per_channel(shape: Shape, values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums = vec![0.0; shape.c];
    for (index, value) in values.enumerate() {
        sums[index % shape.c] += value;
    }
    sums
}

fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

fn at(shape: Shape, n: usize, h: usize, w: usize, c: usize) -> usize {
    ((n * shape.h + h) * shape.w + w) * shape.c + c
}
