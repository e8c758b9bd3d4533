/// Runs a loop compiled for the widest vector instructions this machine has (AVX-512, AVX2 or none), chosen at run time.
///
/// The loop must be inlined into the closure to profit: mark functions it calls `#[inline(always)]`.
#[inline(always)]
pub fn simd<T>(body: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(body)
}

/// As [`simd`], for loops that count the bits of numbers: with the vector instruction for it where the machine has that.
#[inline(always)]
pub fn simd_popcount<T>(body: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
        fn with_instruction<T>(body: impl FnOnce() -> T) -> T {
            body()
        }
        let has = is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if has {
            // SAFETY: the machine has every feature that the function was compiled for.
            return unsafe { with_instruction(body) };
        }
    }
    simd(body)
}
