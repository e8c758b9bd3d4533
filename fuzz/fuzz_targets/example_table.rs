#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| consilience_hostile::reader("example_table").unwrap().read(bytes).unwrap());
