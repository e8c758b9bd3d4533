//! Identities that hold whatever the numbers are, on random batches.

#![allow(clippy::unwrap_used)]

mod estimates;
mod identities;
mod models;
mod signals;
