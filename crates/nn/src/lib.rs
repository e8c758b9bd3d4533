//! Networks written once over [`Tensor`](consilience_tensor::Tensor).
//!
//! A [`Network`] is structure: layers wired as a graph. Its backward pass hands each parameter's per-example gradients to the
//! caller as a [`Factor`] while it streams from the last layer to the first.

#![deny(unnameable_types)]

mod error;
mod factor;
mod init;
mod layer;
pub mod layers;
pub mod losses;
mod model;
pub mod models;
mod network;
pub mod registry;
mod state;
mod tape;

pub use error::{NetworkError, ShapeError};
pub use factor::Factor;
pub use init::Initialisation;
pub use layer::{
    AnyLayer, Backward, BufferSpec, Forward, Layer, Mode, Number, ParameterSpec, Precision, Role, Saved, State,
    Statistics, Structure,
};
pub use model::Model;
pub use network::{Block, Named, Network, Node, Op};
pub use state::{from_torch_order, to_torch_order};
pub use tape::Tape;
