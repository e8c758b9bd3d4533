//! Corruptions: what makes examples wrong on purpose, while remembering what was right.

pub mod label_noise;
