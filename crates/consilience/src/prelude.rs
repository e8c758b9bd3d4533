//! What most programs need: `use consilience::prelude::*`.
//!
//! Names that are common words stay in their modules: layers other than [`Linear`] and [`Conv2d`] in
//! [`nn::layers`](crate::nn::layers), optimizers in [`train::optimizers`](crate::train::optimizers), second derivatives in
//! [`gradients::second_order`](crate::gradients::second_order). [`Targets`] is that of losses; data sets have their own,
//! [`data::Targets`](crate::data::Targets).

pub use consilience_data::{DataSpec, Dataset, LabelNoise, LabelNoiseKind, Source, Split, load};
pub use consilience_gradients::quantities::Evidence;
pub use consilience_gradients::{
    Dots, Groups, Kernel, LogDeterminant, Outputs, Quantity, Reduced, Request, Schedule, Statistic, empirical_ntk,
    kernel_trace, reduce,
};
pub use consilience_nn::layers::{Activate, Conv2d, Linear};
pub use consilience_nn::losses::{Loss, Targets};
pub use consilience_nn::models::{Mlp, ModelSpec};
pub use consilience_nn::{Block, Factor, Initialisation, Mode, Model, Network, Statistics, Tape};
pub use consilience_tensor::{Activation, Cpu, Dual, Real, Shape, Tensor, Window};
pub use consilience_train::{
    AggregatorSpec, BatchSize, Monitor, MonitorSpec, PenaltySpec, Recording, TrainSpec, TrainingData,
    penalties::PenaltyKind, train,
};
