//! Training: one backward pass per step serves the update and every quantity that is due.
//!
//! [`train`] runs a [`TrainSpec`] on data and tells an [`Observer`] what it sees. The parts, each of its own:
//!
//! * [`aggregators`] make one direction out of per-example gradients,
//! * [`penalties`] add to the loss, and know their exact gradients,
//! * [`optimizers`] make an update out of a direction,
//! * [`evaluation`] measures losses and accuracies on whole data sets,
//! * [`measure()`] reads quantities of a model that is not being trained, on any data,
//! * [`examples`] measures the whole training set, and scores single training examples,
//! * quantities of per-example gradients come from `consilience_gradients` and are named in a [`MonitorSpec`]; a [`Monitor`]
//!   adds the caller's own.

#![deny(unnameable_types)]

mod accumulate;
pub mod aggregators;
mod batch;
mod batch_size;
mod checkpoint;
mod cross_fit;
mod error;
pub mod evaluation;
pub mod examples;
mod measure;
mod memory;
mod monitor;
pub mod nearest;
mod observer;
pub mod optimizers;
pub mod penalties;
mod probe;
mod rate;
mod spec;
mod stopwatch;
mod trainer;
mod training_data;

pub use aggregators::AggregatorSpec;
pub use batch_size::BatchSize;
pub use checkpoint::{Checkpoint, Numbers};
pub use consilience_data::LastBatch;
pub use consilience_gradients::Schedule;
pub use cross_fit::{CrossFit, CrossFitted, HELD_OUT, cross_fit};
pub use error::{SpecError, TrainError};
pub use measure::{MeasureSpec, ModelMeasures, QuantityValues, measure};
pub use memory::{Memory, MemoryError};
pub use monitor::{Monitor, MonitorSpec};
pub use observer::{
    EvaluationRecord, Ignore, MeasurementRecord, Observer, ObserverError, Outcome, Recording, StepRecord, StopReason,
    TestOutputs, Values,
};
pub use penalties::PenaltySpec;
pub use rate::{Rate, RateSchedule};
pub use spec::TrainSpec;
pub use trainer::{check, check_network, resume, train};
pub use training_data::TrainingData;
