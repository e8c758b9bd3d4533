//! Naive definitions, written for comparison only: one loop over every scalar product.

use consilience_tensor::{Convolution, Cpu, Shape, Tensor, Window};

/// Coordinates of every element of a shape, in row-major order.
pub fn places(shape: Shape) -> impl Iterator<Item = [usize; 4]> {
    (0..shape.n).flat_map(move |n| {
        (0..shape.h).flat_map(move |h| (0..shape.w).flat_map(move |w| (0..shape.c).map(move |c| [n, h, w, c])))
    })
}

/// Where an element lies in an array of `shape`; along axes of size 1 every coordinate is 0.
pub fn offset(shape: Shape, [n, h, w, c]: [usize; 4]) -> usize {
    let within = |i: usize, size: usize| if size == 1 { 0 } else { i };
    ((within(n, shape.n) * shape.h + within(h, shape.h)) * shape.w + within(w, shape.w)) * shape.c + within(c, shape.c)
}

/// The element of a stretched array.
pub fn stretched(x: &Cpu<f64>, place: [usize; 4]) -> f64 {
    x.as_slice()[offset(x.shape(), place)]
}

/// The input pixel under a window, or `None` in the padding.
fn pixel(window: &Window, input: Shape, (y, x): (usize, usize), (ky, kx): (usize, usize)) -> Option<(usize, usize)> {
    let row = (y * window.stride.0 + ky).checked_sub(window.padding.0)?;
    let col = (x * window.stride.1 + kx).checked_sub(window.padding.1)?;
    (row < input.h && col < input.w).then_some((row, col))
}

/// Calls `product(input place, weight place, output place)` for every scalar product of a cross-correlation.
fn each_product(
    input: Shape,
    weight: Shape,
    output: Shape,
    conv: &Convolution,
    mut product: impl FnMut(usize, usize, usize),
) {
    let (inputs, outputs) = (input.c / conv.groups, output.c / conv.groups);
    for [n, y, x, o] in places(output) {
        for (ky, kx) in (0..weight.h).flat_map(|ky| (0..weight.w).map(move |kx| (ky, kx))) {
            let Some((row, col)) = pixel(&conv.window, input, (y, x), (ky, kx)) else { continue };
            for i in 0..inputs {
                let channel = o / outputs * inputs + i;
                product(
                    ((n * input.h + row) * input.w + col) * input.c + channel,
                    ((o * weight.h + ky) * weight.w + kx) * inputs + i,
                    ((n * output.h + y) * output.w + x) * output.c + o,
                );
            }
        }
    }
}

pub fn weight_shape(conv: &Convolution, inputs: usize, outputs: usize) -> Shape {
    Shape::new(outputs, conv.window.kernel.0, conv.window.kernel.1, inputs / conv.groups)
}

pub fn output_shape(conv: &Convolution, input: Shape, outputs: usize) -> Shape {
    let along = |size: usize, k: usize, s: usize, p: usize| {
        (0..=size + 2 * p).take_while(|i| i * s + k <= size + 2 * p).count()
    };
    let Window { kernel, stride, padding } = conv.window;
    Shape::new(
        input.n,
        along(input.h, kernel.0, stride.0, padding.0),
        along(input.w, kernel.1, stride.1, padding.1),
        outputs,
    )
}

pub fn conv(x: &Cpu<f64>, weight: &Cpu<f64>, conv: &Convolution) -> Cpu<f64> {
    let output = output_shape(conv, x.shape(), weight.shape().n);
    let mut y = vec![0.0; output.len()];
    each_product(x.shape(), weight.shape(), output, conv, |i, j, o| y[o] += x.as_slice()[i] * weight.as_slice()[j]);
    Cpu::new(output, y)
}

pub fn conv_input_grad(d: &Cpu<f64>, weight: &Cpu<f64>, conv: &Convolution, input: Shape) -> Cpu<f64> {
    let mut dx = vec![0.0; input.len()];
    each_product(input, weight.shape(), d.shape(), conv, |i, j, o| dx[i] += d.as_slice()[o] * weight.as_slice()[j]);
    Cpu::new(input, dx)
}

pub fn conv_weight_grad(x: &Cpu<f64>, d: &Cpu<f64>, conv: &Convolution) -> Cpu<f64> {
    let shape = weight_shape(conv, x.shape().c, d.shape().c);
    let mut gradient = vec![0.0; shape.len()];
    each_product(x.shape(), shape, d.shape(), conv, |i, j, o| gradient[j] += x.as_slice()[i] * d.as_slice()[o]);
    Cpu::new(shape, gradient)
}

/// Sum of `f(place)` over the axes along which `target` has size 1.
pub fn sum(shape: Shape, target: Shape, f: impl Fn([usize; 4]) -> f64) -> Vec<f64> {
    let mut total = vec![0.0; target.len()];
    for place in places(shape) {
        total[offset(target, place)] += f(place);
    }
    total
}

/// The elements under a pooling window (`None` in the padding) for every output, as places within their example.
pub fn windows(input: Shape, window: &Window) -> (Shape, Vec<Vec<Option<usize>>>) {
    let output = output_shape(&Convolution { window: *window, groups: 1 }, input, input.c);
    let of = |[_, y, x, c]: [usize; 4]| {
        let kernel = (0..window.kernel.0).flat_map(|ky| (0..window.kernel.1).map(move |kx| (ky, kx)));
        kernel.map(|k| pixel(window, input, (y, x), k).map(|(row, col)| (row * input.w + col) * input.c + c)).collect()
    };
    (output, places(output).map(of).collect())
}
