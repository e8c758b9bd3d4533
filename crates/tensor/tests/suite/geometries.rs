//! Convolutions as data: input, outputs, window, groups. What each row is there for is its name.

use consilience_tensor::{Convolution, Shape, Window};

#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub name: &'static str,
    pub input: Shape,
    pub outputs: usize,
    pub conv: Convolution,
}

const fn row(
    name: &'static str,
    (n, h, w, c): (usize, usize, usize, usize),
    outputs: usize,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: (usize, usize),
    groups: usize,
) -> Geometry {
    let conv = Convolution { window: Window { kernel, stride, padding }, groups };
    Geometry { name, input: Shape::new(n, h, w, c), outputs, conv }
}

pub const SMALL: &[Geometry] = &[
    row("linear, one example", (1, 1, 1, 5), 3, (1, 1), (1, 1), (0, 0), 1),
    row("linear", (7, 1, 1, 5), 3, (1, 1), (1, 1), (0, 0), 1),
    row("one feature to one", (2, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0), 1),
    row("linear at tokens", (2, 7, 1, 5), 4, (1, 1), (1, 1), (0, 0), 1),
    row("1x1", (2, 3, 4, 5), 6, (1, 1), (1, 1), (0, 0), 1),
    row("1x1 stride 2", (2, 5, 4, 3), 6, (1, 1), (2, 2), (0, 0), 1),
    row("1x1 in groups", (7, 2, 3, 6), 4, (1, 1), (1, 1), (0, 0), 2),
    row("3x3", (2, 5, 5, 3), 4, (3, 3), (1, 1), (0, 0), 1),
    row("3x3 padding 1", (7, 4, 5, 3), 2, (3, 3), (1, 1), (1, 1), 1),
    row("3x3 stride 2 padding 1", (2, 7, 6, 2), 3, (3, 3), (2, 2), (1, 1), 1),
    row("3x3 stride 3 leaves pixels unread", (1, 8, 8, 2), 3, (3, 3), (3, 3), (0, 0), 1),
    row("2x2 stride 3 skips pixels", (2, 8, 9, 2), 3, (2, 2), (3, 3), (0, 0), 1),
    row("5x5 padding 2 on 4x4", (2, 4, 4, 2), 3, (5, 5), (1, 1), (2, 2), 1),
    row("kernel covers the image", (7, 4, 3, 2), 5, (4, 3), (1, 1), (0, 0), 1),
    row("rectangular all over", (2, 5, 8, 2), 3, (2, 4), (1, 3), (1, 2), 1),
    row("rectangular, tall", (1, 9, 3, 2), 2, (5, 1), (2, 1), (0, 1), 1),
    row("groups of 2", (2, 5, 4, 4), 6, (3, 3), (1, 1), (1, 1), 2),
    row("depthwise", (7, 4, 4, 3), 3, (3, 3), (2, 2), (1, 1), 3),
    row("depthwise with two outputs each", (1, 4, 5, 3), 6, (2, 3), (1, 1), (0, 1), 3),
    row("padding wider than the window", (2, 3, 3, 3), 2, (1, 1), (1, 1), (2, 2), 1),
    row("padding wider than the window, in groups", (2, 3, 2, 4), 2, (2, 1), (1, 2), (3, 2), 2),
    row("runs longer than eight", (2, 4, 4, 12), 3, (3, 3), (1, 1), (1, 1), 1),
];

/// Sizes at which work is split into several blocks, tasks or shares.
pub const LARGE: &[Geometry] = &[
    // a buffer holds 65 of the 160 lines, a task of the input gradient 10 of the 20 examples
    row("several blocks, several tasks", (20, 12, 12, 20), 6, (5, 5), (1, 1), (0, 0), 1),
    row("one share of the weight gradient in several blocks", (20, 12, 12, 20), 1, (5, 5), (1, 1), (0, 0), 1),
    row("several shares of the weight gradient", (20, 12, 12, 20), 16, (5, 5), (1, 1), (0, 0), 1),
    row("groups in several blocks", (11, 9, 31, 24), 8, (5, 5), (1, 1), (2, 2), 2),
    row("few rows, wide columns", (33, 1, 1, 500), 131, (1, 1), (1, 1), (0, 0), 1),
    row("many rows, last share shorter", (1003, 1, 1, 61), 37, (1, 1), (1, 1), (0, 0), 1),
    row("tokens, weight gradient in blocks", (50, 40, 1, 300), 3, (1, 1), (1, 1), (0, 0), 1),
    row("tokens, weight gradient in shares", (67, 63, 1, 32), 33, (1, 1), (1, 1), (0, 0), 1),
    row("contraction longer than a cache block", (3, 1, 1, 5003), 7, (1, 1), (1, 1), (0, 0), 1),
];

impl Geometry {
    pub fn weight(&self) -> Shape {
        super::reference::weight_shape(&self.conv, self.input.c, self.outputs)
    }

    pub fn output(&self) -> Shape {
        super::reference::output_shape(&self.conv, self.input, self.outputs)
    }
}
