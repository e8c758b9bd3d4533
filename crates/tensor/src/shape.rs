use std::fmt;

/// The size of an array: examples x height x width x channels, channels contiguous.
///
/// A batch of flat vectors is `n x 1 x 1 x c`; a batch of token sequences `n x tokens x 1 x c`; a weight matrix
/// `outputs x 1 x 1 x inputs`, a convolution's weight `outputs x height x width x inputs`; a vector per channel
/// `1 x 1 x 1 x c`; a scalar `1 x 1 x 1 x 1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Examples, or the outputs of a weight.
    pub n: usize,
    /// Height in pixels, or tokens.
    pub h: usize,
    /// Width in pixels.
    pub w: usize,
    /// Channels, features or classes.
    pub c: usize,
}

impl Shape {
    /// An image per example.
    pub const fn new(n: usize, h: usize, w: usize, c: usize) -> Self {
        Self { n, h, w, c }
    }

    /// A flat vector per example.
    pub const fn matrix(n: usize, c: usize) -> Self {
        Self::new(n, 1, 1, c)
    }

    /// One vector.
    pub const fn vector(c: usize) -> Self {
        Self::new(1, 1, 1, c)
    }

    /// One number.
    pub const SCALAR: Self = Self::vector(1);

    /// The number of elements.
    pub const fn len(self) -> usize {
        self.n * self.h * self.w * self.c
    }

    /// Whether there are no elements.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Positions of one example: pixels or tokens, `h * w`.
    pub const fn positions(self) -> usize {
        self.h * self.w
    }

    /// All positions of all examples, `n * h * w`: the rows when the array is read as a matrix of channels.
    pub const fn rows(self) -> usize {
        self.n * self.h * self.w
    }

    /// The elements of one example, `h * w * c`.
    pub const fn per_example(self) -> usize {
        self.h * self.w * self.c
    }

    /// The same shape with another number of examples.
    #[must_use]
    pub const fn with_n(self, n: usize) -> Self {
        Self { n, ..self }
    }

    /// The same shape with another number of channels.
    #[must_use]
    pub const fn with_c(self, c: usize) -> Self {
        Self { c, ..self }
    }

    /// Whether an array of this shape can be stretched to `other`: every axis is equal or 1.
    pub const fn broadcasts_to(self, other: Self) -> bool {
        (self.n == other.n || self.n == 1)
            && (self.h == other.h || self.h == 1)
            && (self.w == other.w || self.w == 1)
            && (self.c == other.c || self.c == 1)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}x{}", self.n, self.h, self.w, self.c)
    }
}
