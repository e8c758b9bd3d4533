//! The file itself: its size, and the time to make it.

use crate::runs::{Sketch, page};
use std::time::Instant;

#[test]
fn ten_thousand_steps_are_whole_and_below_three_megabytes() {
    let parent = tempfile::tempdir().unwrap();
    let run = Sketch { examples: 2000, ..Sketch::new("long", 10_000) }.write(parent.path(), "run");
    let html = page(&[run], &parent.path().join("page.html"));
    assert!(html.len() < 3_000_000, "{}", html.len());
    // every step's loss is there
    assert!(html.contains(r#""of":10000"#) && html.contains(r#"{"even":{"from":0,"by":1,"count":10000}}"#));
}

#[test]
fn a_hundred_thousand_steps_are_thinned_without_losing_an_extreme() {
    let parent = tempfile::tempdir().unwrap();
    let run = Sketch::new("huge", 100_000).write(parent.path(), "run");
    let started = Instant::now();
    let html = page(&[run], &parent.path().join("page.html"));
    eprintln!("100,000 steps: {:.2} s, {} bytes", started.elapsed().as_secs_f64(), html.len());
    assert!(html.len() < 3_000_000, "{}", html.len());
    assert!(html.contains(r#""of":100000"#));
    // the one spike, 2/(1 + 33333/40) + 0.05 + 0.1 (33333 * 7919 mod 101)/101 + 7.5
    let spike = 2.0 / (1.0 + 33_333.0 / 40.0) + 0.05 + 0.1 * f64::from(33_333 * 7919 % 101) / 101.0 + 7.5;
    assert!(html.contains(&format!(",{spike:.5},")), "{spike}");
}
