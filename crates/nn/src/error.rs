use consilience_tensor::Shape;
use thiserror::Error;

/// Why a layer cannot take an input.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("expected {expected}, got an input of {}x{}x{} (height x width x channels)", got.h, got.w, got.c)]
pub struct ShapeError {
    /// What the layer can take, in words.
    pub expected: String,
    /// The shape it was given.
    pub got: Shape,
}

/// Why a network cannot be built, or cannot take a batch.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A layer cannot take the output of the one before it.
    #[error("layer {layer} ({kind}): {source}")]
    Shape {
        /// The layer's name.
        layer: String,
        /// The layer's kind.
        kind: &'static str,
        /// What does not fit.
        source: ShapeError,
    },
    /// The two branches of a residual block give different shapes.
    #[error(
        "residual block {block}: the main branch gives {main}, the shortcut {short}; make the shortcut a convolution of the same stride and channels"
    )]
    Residual {
        /// The block's name.
        block: String,
        /// The shape of the main branch.
        main: Shape,
        /// The shape of the shortcut.
        short: Shape,
    },
    /// A batch of another shape than the network was built for.
    #[error("the network takes inputs of {}x{}x{} (height x width x channels), got {}x{}x{}", expected.h, expected.w, expected.c, got.h, got.w, got.c)]
    Input {
        /// What the network was built for.
        expected: Shape,
        /// What came.
        got: Shape,
    },
    /// An empty batch.
    #[error("a batch needs at least one example")]
    EmptyBatch,
    /// The number or shapes of parameters or buffers are not the network's.
    #[error("{what} {name}: expected shape {expected}, got {got}")]
    State {
        /// `parameter` or `buffer`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The network's shape.
        expected: String,
        /// What came.
        got: String,
    },
    /// A description that makes no sense.
    #[error("{0}")]
    Description(String),
}
