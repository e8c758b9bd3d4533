//! Signals that ask the program to stop: Ctrl-C, and what batch systems send before they kill.

use crate::failure::Failure;
use consilience_run::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The exit code of an interrupted program: 128 and the number of the signal that Ctrl-C sends.
pub const INTERRUPTED: u8 = 130;

/// From now on the first signal asks to stop, and a second ends the program at once: run directories are whole at every moment, and
/// nothing is left to be put in order.
pub fn heed() -> Result<Interrupt, Failure> {
    let interrupt = Interrupt::default();
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, i32::from(INTERRUPTED), interrupt.flag())
            .and_then(|_| flag::register(signal, interrupt.flag()))
            .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
    }
    Ok(interrupt)
}
