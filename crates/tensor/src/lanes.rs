use std::fmt::Debug;

use pulp::Simd;

/// Numbers that fill vector registers: one register's worth of them, and what a kernel does with it.
///
/// Kernels that keep many registers alive are written over this trait and run by [`pulp::Arch::dispatch`], which picks the
/// instructions of this machine; loops that the compiler vectorises by itself use [`simd`](crate::simd()) instead.
pub trait Lanes: Copy {
    /// One register.
    type Register<S: Simd>: Copy + Debug;

    /// Numbers in a register.
    fn lanes<S: Simd>() -> usize;

    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Register<S>;

    /// The slice as full registers, and the rest.
    fn registers<S: Simd>(from: &[Self]) -> (&[Self::Register<S>], &[Self]);

    /// A slice shorter than a register; lanes beyond it are zero.
    fn load_part<S: Simd>(simd: S, from: &[Self]) -> Self::Register<S>;

    /// Writes to the front of a slice, as far as it reaches.
    fn store<S: Simd>(simd: S, to: &mut [Self], x: Self::Register<S>);

    /// Sum per lane.
    fn lane_add<S: Simd>(simd: S, a: Self::Register<S>, b: Self::Register<S>) -> Self::Register<S>;

    /// Product per lane.
    fn lane_mul<S: Simd>(simd: S, a: Self::Register<S>, b: Self::Register<S>) -> Self::Register<S>;

    /// The larger per lane; either one when a lane holds a NaN.
    fn lane_max<S: Simd>(simd: S, a: Self::Register<S>, b: Self::Register<S>) -> Self::Register<S>;

    /// The smaller per lane; either one when a lane holds a NaN.
    fn lane_min<S: Simd>(simd: S, a: Self::Register<S>, b: Self::Register<S>) -> Self::Register<S>;
}

macro_rules! lanes {
    ($number:ty, $register:ident, $lanes:ident, $splat:ident, $registers:ident, $load:ident, $store:ident, $add:ident, $mul:ident, $max:ident, $min:ident) => {
        impl Lanes for $number {
            type Register<S: Simd> = S::$register;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$lanes
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$register {
                simd.$splat(x)
            }

            #[inline(always)]
            fn registers<S: Simd>(from: &[Self]) -> (&[S::$register], &[Self]) {
                S::$registers(from)
            }

            #[inline(always)]
            fn load_part<S: Simd>(simd: S, from: &[Self]) -> S::$register {
                simd.$load(from)
            }

            #[inline(always)]
            fn store<S: Simd>(simd: S, to: &mut [Self], x: S::$register) {
                simd.$store(to, x);
            }

            #[inline(always)]
            fn lane_add<S: Simd>(simd: S, a: S::$register, b: S::$register) -> S::$register {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn lane_mul<S: Simd>(simd: S, a: S::$register, b: S::$register) -> S::$register {
                simd.$mul(a, b)
            }

            #[inline(always)]
            fn lane_max<S: Simd>(simd: S, a: S::$register, b: S::$register) -> S::$register {
                simd.$max(a, b)
            }

            #[inline(always)]
            fn lane_min<S: Simd>(simd: S, a: S::$register, b: S::$register) -> S::$register {
                simd.$min(a, b)
            }
        }
    };
}

lanes!(
    f32,
    f32s,
    F32_LANES,
    splat_f32s,
    as_simd_f32s,
    partial_load_f32s,
    partial_store_f32s,
    add_f32s,
    mul_f32s,
    max_f32s,
    min_f32s
);
lanes!(
    f64,
    f64s,
    F64_LANES,
    splat_f64s,
    as_simd_f64s,
    partial_load_f64s,
    partial_store_f64s,
    add_f64s,
    mul_f64s,
    max_f64s,
    min_f64s
);
