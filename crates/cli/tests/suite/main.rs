//! The program as a person runs it.
//!
//! One program, so that generic code is compiled once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod audit;
mod command_line;
mod data;
mod faults;
mod generated;
mod measure;
mod program;
mod report;
mod reproduce;
mod resume;
mod runs;
mod slurm;
mod sweep;
mod tensorboard;
