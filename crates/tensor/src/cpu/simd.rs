/// Runs a loop compiled for the widest vector instructions this machine has (AVX-512, AVX2 or none), chosen at run time.
///
/// The loop must be inlined into the closure to profit: mark functions it calls `#[inline(always)]`.
#[inline(always)]
pub fn simd<T>(body: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(body)
}
