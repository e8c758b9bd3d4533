use crate::Shape;

/// A window that slides over height and width: of a convolution or a pooling layer. Pairs are (vertical, horizontal).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// Height and width of the window in pixels.
    pub kernel: (usize, usize),
    /// Distance between neighbouring windows.
    pub stride: (usize, usize),
    /// Zeros (for a maximum: minus infinity) added on each side.
    pub padding: (usize, usize),
}

impl Window {
    /// A square window.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel: (kernel, kernel), stride: (stride, stride), padding: (padding, padding) }
    }

    /// The window of one pixel, which a linear layer uses.
    pub const POINT: Self = Self::square(1, 1, 0);

    /// Whether the window is one pixel that visits every pixel, so that patches are the pixels themselves.
    pub fn is_point(&self) -> bool {
        *self == Self::POINT
    }

    /// Height and width of the output, rounding down; `None` when the padded input is smaller than the window, or when
    /// kernel or stride is zero.
    pub fn output(&self, height: usize, width: usize) -> Option<(usize, usize)> {
        let along = |size: usize, kernel: usize, stride: usize, padding: usize| {
            (kernel > 0 && stride > 0 && size + 2 * padding >= kernel)
                .then(|| (size + 2 * padding - kernel) / stride + 1)
        };
        Some((
            along(height, self.kernel.0, self.stride.0, self.padding.0)?,
            along(width, self.kernel.1, self.stride.1, self.padding.1)?,
        ))
    }

    /// Pixels in the window.
    pub const fn area(&self) -> usize {
        self.kernel.0 * self.kernel.1
    }
}

/// A convolution's window and the number of groups its channels are split into.
///
/// Weights are `outputs x kernel height x kernel width x (inputs / groups)`; the patch under the window is read in the
/// order height, width, channel, so that its rows are contiguous in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Convolution {
    /// The sliding window.
    pub window: Window,
    /// Groups; inputs and outputs are divisible by it.
    pub groups: usize,
}

impl Convolution {
    /// A linear layer: one pixel, one group.
    pub const POINT: Self = Self { window: Window::POINT, groups: 1 };

    /// The shape of the output for an input and a weight.
    ///
    /// # Panics
    /// When the input is smaller than the window; networks check this when they are built.
    pub fn output_shape(&self, input: Shape, weight: Shape) -> Shape {
        let (h, w) = self.window.output(input.h, input.w).expect("the input is at least as large as the window");
        Shape::new(input.n, h, w, weight.n)
    }

    /// Inputs that one output position reads within one group: `kernel height * kernel width * inputs / groups`.
    pub const fn patch(&self, input: Shape) -> usize {
        self.window.area() * (input.c / self.groups)
    }

    /// The shape of the weight that turns `input` channels into `outputs`.
    pub const fn weight_shape(&self, inputs: usize, outputs: usize) -> Shape {
        Shape::new(outputs, self.window.kernel.0, self.window.kernel.1, inputs / self.groups)
    }
}
