//! Sources that read files.

pub mod cifar;
pub mod compressed;
pub mod idx;
