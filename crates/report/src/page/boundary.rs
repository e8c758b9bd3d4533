//! What a trained network says on the plane, for runs whose inputs are two numbers.

/// The network's output on a rectangle of the plane, and the training examples there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Boundary {
    /// Points along each side of the rectangle.
    pub side: usize,
    /// The range of the first coordinate, from the left edge of the first cell to the right edge of the last.
    pub x: (f64, f64),
    /// The range of the second, likewise, from below.
    pub y: (f64, f64),
    /// What the network says in each cell, `[side * side]`, row by row from below, each from the left.
    pub surface: Surface,
    /// Training examples.
    pub points: Vec<Point>,
}

/// What a network says in each cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Surface {
    /// The most likely of `classes` classes.
    Classes {
        /// How many classes there are.
        classes: usize,
        /// The class, `[cells]`.
        class: Vec<usize>,
        /// Its probability, `[cells]`; none where the outputs are no probabilities.
        probability: Option<Vec<f64>>,
    },
    /// A number.
    Values(Vec<f64>),
}

impl Default for Surface {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

/// A training example in the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The first coordinate.
    pub x: f64,
    /// The second.
    pub y: f64,
    /// The given class, or the given value.
    pub target: f64,
    /// Whether the given class is not the true one.
    pub corrupt: bool,
}
