#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| consilience_hostile::reader("keypoints").unwrap().read(bytes).unwrap());
