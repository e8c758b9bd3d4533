//! The program as a person runs it.
//!
//! One program, so that generic code is compiled once.

mod audit;
mod command_line;
mod data;
mod faults;
mod measure;
mod report;
mod reproduce;
mod resume;
mod tensorboard;
