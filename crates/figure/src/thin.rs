//! Lines of many points, with no more than the page can show.

/// Leaves out points that change nothing visible: within each half pixel of a line that runs rightwards the first, the
/// lowest, the highest and the last stay; elsewhere those that have not moved by a fifth of a pixel go.
pub(crate) fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() < 3 {
        return points;
    }
    let column = |point: &(f64, f64)| (point.0 * 2.0).floor();
    if points.windows(2).all(|pair| pair[0].0 <= pair[1].0) {
        let mut kept = Vec::new();
        for run in points.chunk_by(|a, b| column(a) == column(b)) {
            let extreme = |better: fn(f64, f64) -> bool| {
                (0..run.len()).fold(0, |best, index| if better(run[index].1, run[best].1) { index } else { best })
            };
            let mut places = [0, extreme(|a, b| a < b), extreme(|a, b| a > b), run.len() - 1];
            places.sort_unstable();
            let mut last = usize::MAX;
            for place in places {
                if place != last {
                    kept.push(run[place]);
                    last = place;
                }
            }
        }
        return kept;
    }
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let moved = kept.last().is_none_or(|last| (point.0 - last.0).abs().max((point.1 - last.1).abs()) >= 0.2);
        if moved || index + 1 == points.len() {
            kept.push(*point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_stay() {
        let points: Vec<(f64, f64)> =
            (0..10_000).map(|i| (f64::from(i) / 100.0, if i == 5003 { 77.0 } else { f64::from(i % 7) })).collect();
        let kept = thin(points);
        assert!(kept.len() <= 4 * 200, "{}", kept.len());
        assert!(kept.contains(&(50.03, 77.0)));
        assert_eq!((kept[0], kept[kept.len() - 1]), ((0.0, 0.0), (99.99, f64::from(9999 % 7))));
        let few = vec![(0.0, 1.0), (5.0, 2.0), (9.0, 0.0)];
        assert_eq!(thin(few.clone()), few);
        assert_eq!(thin(vec![(5.0, 0.0), (5.05, 0.0), (1.0, 0.0)]), [(5.0, 0.0), (1.0, 0.0)]);
    }
}
