use thiserror::Error;

/// Why a figure could not become an image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The scale is not a number by which an image can be enlarged.
    #[error("the scale of an image must be between 0.1 and 16, not {0}; 2 suits most screens")]
    Scale(f32),
    /// The image would not fit in memory.
    #[error("an image of {width} x {height} pixels is too large: at most 16384 each way; use fewer or smaller panels")]
    TooLarge {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
    },
    /// The encoder refused the image.
    #[error("the image could not be encoded as PNG: {0}")]
    Encode(String),
}
