//! Fewer points where a curve has more than a page should carry.

/// The indices of at most `most` of the points `(steps, values)`: the first, the last, and of each of equally wide stretches of
/// steps the smallest and the largest value, in order. So no extreme of the curve is lost, at any width it is drawn.
///
/// A stretch in which nothing is defined keeps one point, so that gaps remain. All indices when there are not more than `most`.
/// `steps` must not decrease.
pub(crate) fn thin(steps: &[u64], values: &[f64], most: usize) -> Vec<usize> {
    let count = steps.len().min(values.len());
    if count <= most.max(4) {
        return (0..count).collect();
    }
    // Two points of each stretch, and the two ends.
    let stretches = (most.max(4) - 2) / 2;
    let (first, last) = (steps[0], steps[count - 1]);
    let width = (last - first) as f64 / stretches as f64;
    let stretch = |index: usize| {
        let place = (steps[index] - first) as f64 / width;
        // All points at one step make the width zero.
        if place.is_finite() { (place as usize).min(stretches - 1) } else { 0 }
    };
    let mut kept = vec![0];
    let mut start = 0;
    while start < count {
        let own = stretch(start);
        let length = (start..count).take_while(|&index| stretch(index) == own).count();
        let range = start..start + length;
        let defined = || range.clone().filter(|&index| values[index].is_finite());
        let smallest = defined().min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(start);
        let largest = defined().max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(start);
        kept.extend([smallest.min(largest), smallest.max(largest)]);
        start += length;
    }
    kept.push(count - 1);
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// The largest number of points per curve with which curves of `lengths` have at most `budget` points together: short curves
/// stay whole, and the long ones share what these leave.
pub(crate) fn fair_share(lengths: &[usize], budget: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let mut left = budget;
    for (index, length) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - index);
        if *length > share {
            return share;
        }
        left -= length;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_ends_and_gaps_remain() {
        let steps: Vec<u64> = (0..100_000).collect();
        let mut values: Vec<f64> = steps.iter().map(|&step| ((step * 7919) % 1009) as f64).collect();
        values[31_415] = 1e9;
        values[92_653] = -1e9;
        values[58_979] = f64::INFINITY;
        values[20_000..30_000].fill(f64::NAN);
        let kept = thin(&steps, &values, 1000);
        assert!(kept.len() <= 1000 && kept.len() > 800, "{}", kept.len());
        assert!(kept.is_sorted_by(|a, b| a < b));
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 99_999));
        assert!(kept.contains(&31_415) && kept.contains(&92_653));
        assert!(kept.iter().any(|&index| values[index].is_nan()));
        // the extremes of each stretch, found by looking at all of it
        for stretch in 0..499 {
            let range = (stretch * 99_999_usize).div_ceil(499)..((stretch + 1) * 99_999).div_ceil(499);
            let largest = values[range.clone()].iter().copied().filter(|v| v.is_finite()).reduce(f64::max);
            let found = kept.iter().filter(|index| range.contains(index)).map(|&index| values[index]);
            assert_eq!(found.filter(|v| v.is_finite()).reduce(f64::max), largest, "stretch {stretch}");
        }
    }

    #[test]
    fn short_and_degenerate_curves_stay_whole() {
        assert_eq!(thin(&[], &[], 10), [0; 0]);
        assert_eq!(thin(&[3, 4], &[1.0, 2.0], 2), [0, 1]);
        // more values than allowed, all at one step
        assert_eq!(thin(&[5; 6], &[0.0, 3.0, 1.0, -2.0, 0.0, 0.5], 4), [0, 1, 3, 5]);
    }

    #[test]
    fn a_budget_is_shared_after_the_short_are_served() {
        assert_eq!(fair_share(&[10, 1000, 20, 1000], 430), 200);
        assert_eq!(fair_share(&[10, 20], 30), usize::MAX);
        assert_eq!(fair_share(&[], 30), usize::MAX);
    }
}
