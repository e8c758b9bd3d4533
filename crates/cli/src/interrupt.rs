//! Ctrl-C.

use crate::failure::Failure;
use consilience_run::Interrupt;

/// The exit code of an interrupted program: 128 and the number of the signal that Ctrl-C sends.
pub const INTERRUPTED: u8 = 130;

/// From now on the first Ctrl-C asks to stop, and a second ends the program at once.
pub fn heed() -> Result<Interrupt, Failure> {
    let interrupt = Interrupt::default();
    let requested = interrupt.clone();
    ctrlc::set_handler(move || {
        if requested.is_requested() {
            // Run directories are whole at every moment; nothing is left to be put in order.
            #[expect(clippy::exit, reason = "a second Ctrl-C is not to wait for anything")]
            std::process::exit(i32::from(INTERRUPTED));
        }
        requested.request();
    })
    .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(interrupt)
}
