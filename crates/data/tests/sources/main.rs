//! Sources that read files, on small files written here: what they read, and files that are missing, broken or lie. The latter
//! give one clear error each, naming the file, and never a panic or a large allocation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cifar100;
mod facial_keypoints;
mod human_labels;
mod idx_and_cifar;
mod inspection;
mod packed;
mod svhn;
mod tiny_imagenet;
