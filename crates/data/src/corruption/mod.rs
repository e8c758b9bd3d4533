//! Corruptions: what makes examples wrong on purpose, while remembering what was right.

pub mod human_labels;
pub mod label_noise;
pub mod motion_blur;
pub mod target_noise;
