use consilience_tensor::{Cpu, Real, Shape};
use rayon::prelude::*;

use crate::source::Source;

/// The median over examples of each parameter's gradient, by selection. Memory: one tile and one column.
pub(crate) fn reduce<R: Real>(source: &Source<'_, R>, examples: usize, shape: Shape) -> Cpu<R> {
    let mut medians = vec![R::zero(); shape.len()];
    source.for_columns(examples, shape.len(), |columns, tile| {
        let width = columns.len();
        medians[columns].par_iter_mut().enumerate().with_min_len(256).for_each_init(Vec::new, |column, (c, median)| {
            column.clear();
            column.extend((0..examples).map(|n| tile[n * width + c]));
            *median = middle(column);
        });
    });
    Cpu::new(shape, medians)
}

/// The middle value, or the mean of the middle two. A NaN anywhere makes it a NaN.
fn middle<R: Real>(values: &mut [R]) -> R {
    if values.iter().any(|x| x.is_nan()) {
        return R::nan();
    }
    let order = |a: &R, b: &R| a.partial_cmp(b).expect("no NaN is left");
    let half = values.len() / 2;
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, order);
    if below.len() == half && values.len().is_multiple_of(2) {
        let lower = values[..half].iter().copied().fold(R::neg_infinity(), R::max);
        return (lower + upper) * R::of(0.5);
    }
    upper
}
