//! Sources that read files.

pub mod cifar;
pub mod compressed;
pub mod facial_keypoints;
pub mod idx;
pub mod matlab;
pub mod npy;
pub mod svhn;
pub mod tiny_imagenet;
