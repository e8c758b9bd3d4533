use consilience_gradients::{Dots, Groups, Reduced, Request};
use consilience_nn::Precision;
use consilience_oracle::cases::{self, Case};
use consilience_oracle::{Rows, largest, statistics};
use consilience_tensor::{Cpu, Real, Tensor};

use crate::reductions::{Bound, Fast, LOSS, assert_close, flat};

const BATCHES: [usize; 3] = [1, 2, 7];

#[test]
fn every_reduction_in_double_precision() {
    every_reduction::<f64>();
}

#[test]
fn every_reduction_in_single_precision() {
    every_reduction::<f32>();
}

fn every_reduction<R: Precision>() {
    for case in cases::independent().unwrap() {
        for examples in BATCHES {
            let input = case.batch(examples);
            let rows = case.subject().loss_gradients(&input, LOSS, &case.targets(examples)).unwrap();
            let fast = Fast::<R>::new(&case, &input);
            for request in requests(&case, examples) {
                let reduced = fast.reduce(fast.loss_signal(), &request);
                let bound = Bound::new::<R>(&case, examples);
                let check = Check { case: &case, rows: &rows, request: &request, reduced: &reduced, bound };
                check.everything();
            }
        }
    }
}

/// All reductions in one pass, and each of them alone.
fn requests<R: Real>(case: &Case, examples: usize) -> Vec<Request<R>> {
    let nothing = Request::<R>::default;
    let given = Dots::With(case.direction(31).iter().map(Cpu::cast).collect());
    let winsorized: Vec<usize> = (0..=(examples - 1) / 2).collect();
    let groups = |size, keep_sums| Some(Groups { size, keep_sums, gram: size < 4 });
    let all = Request {
        sum: true,
        sq_norms: true,
        dots: Some(Dots::Sum),
        gram: true,
        moments: true,
        signs: true,
        winsorized: winsorized.clone(),
        median: true,
        groups: groups(2, true),
    };
    let mut requests = vec![
        all.clone(),
        Request { dots: Some(given.clone()), groups: groups(3, false), ..all },
        Request { moments: true, signs: true, ..nothing() },
        Request { sq_norms: true, dots: Some(Dots::Sum), ..nothing() },
        Request { sum: true, ..nothing() },
        Request { sq_norms: true, ..nothing() },
        Request { dots: Some(Dots::Sum), ..nothing() },
        Request { dots: Some(given), ..nothing() },
        Request { gram: true, ..nothing() },
        Request { moments: true, ..nothing() },
        Request { signs: true, ..nothing() },
        Request { median: true, ..nothing() },
        Request { groups: groups(1, true), ..nothing() },
        Request { groups: groups(examples, true), ..nothing() },
        Request { groups: groups(examples + 5, true), ..nothing() },
    ];
    requests.extend(winsorized.into_iter().map(|k| Request { winsorized: vec![k], ..nothing() }));
    requests
}

/// One pass beside the oracle's rows, `[N][P]`.
pub struct Check<'a, R: Real> {
    pub case: &'a Case,
    pub rows: &'a Rows,
    pub request: &'a Request<R>,
    pub reduced: &'a Reduced<R>,
    pub bound: Bound,
}

impl<R: Real> Check<'_, R> {
    /// Compares what was asked for, and finds nothing else.
    pub fn everything(&self) {
        let Self { rows, request, reduced, bound, .. } = self;
        assert_eq!(reduced.examples, rows.len());
        let size = rows[0].len();
        let products = bound.of(2.0, size);

        self.arrays("sum", request.sum, |place| reduced.parameters[place].sum.as_ref(), || statistics::sum(rows));
        let median = |place: usize| reduced.parameters[place].median.as_ref();
        self.arrays("median", request.median, median, || statistics::median(rows));
        for (index, &k) in request.winsorized.iter().enumerate() {
            let winsorized = |place: usize| reduced.parameters[place].winsorized.get(index);
            self.arrays(&format!("winsorized by {k}"), true, winsorized, || statistics::winsorized(rows, k));
        }
        assert!(reduced.parameters.iter().all(|p| p.winsorized.len() == request.winsorized.len()));

        self.numbers("sq_norms", request.sq_norms, reduced.sq_norms(), || statistics::sq_norms(rows), products);
        let dots = || match &request.dots {
            Some(Dots::With(vector)) => statistics::dots(rows, &flat(vector)),
            _ => statistics::dots(rows, &statistics::sum(rows)),
        };
        self.numbers("dots", request.dots.is_some(), reduced.dots(), dots, products);
        self.numbers("gram", request.gram, reduced.gram(), || statistics::gram(rows).concat(), products);

        if let Some(groups) = request.groups {
            let sums = statistics::group_sums(rows, groups.size);
            self.numbers("norms of groups", true, reduced.group_sq_norms(), || statistics::sq_norms(&sums), products);
            let gram = || statistics::gram(&sums).concat();
            self.numbers("gram of groups", groups.gram, reduced.group_gram(), gram, products);
            let lengths: Vec<usize> = rows.chunks(groups.size).map(<[_]>::len).collect();
            assert_eq!(reduced.group_examples(), Some(lengths.as_slice()));
            for (index, expected) in sums.iter().enumerate() {
                let sum = |place: usize| reduced.parameters[place].groups.as_ref().unwrap().sums.get(index);
                self.arrays(&format!("sum of group {index}"), groups.keep_sums, sum, || expected.clone());
            }
        }
        assert_eq!(reduced.group_sq_norms().is_some(), request.groups.is_some());
        self.moments();
        self.signs();
    }

    fn moments(&self) {
        let moments: Vec<_> = self.reduced.parameters.iter().filter_map(|p| p.moments.as_ref()).collect();
        assert_eq!(moments.len(), if self.request.moments { self.reduced.parameters.len() } else { 0 });
        if moments.is_empty() {
            return;
        }
        assert!(moments.iter().all(|moments| moments.count == self.rows.len()));
        let mean: Vec<f64> = moments.iter().flat_map(|m| m.mean.as_slice()).map(|x| x.f64()).collect();
        let squares: Vec<f64> = moments.iter().flat_map(|m| m.square_deviations.as_slice()).map(|x| x.f64()).collect();
        assert_close(&self.what("mean"), &mean, &statistics::mean(self.rows), self.bound.of(1.0, 0));
        let expected = statistics::square_deviations(self.rows);
        assert_close(&self.what("square deviations"), &squares, &expected, self.bound.of(2.0, 0));
    }

    fn signs(&self) {
        let signs: Vec<_> = self.reduced.parameters.iter().filter_map(|p| p.signs.as_ref()).collect();
        assert_eq!(signs.len(), if self.request.signs { self.reduced.parameters.len() } else { 0 });
        if signs.is_empty() {
            return;
        }
        let all: Vec<f64> = self.rows.concat();
        // signs of gradients that are mere rounding may differ; exact zeros have none
        let rounding = if self.bound.single { self.bound.of(1.0, 0) } else { 1e-13 } * largest(&all);
        let undecided = |at: usize| {
            let column = self.rows.iter().map(|row| row[at]);
            column.filter(|x| *x != 0.0 && x.abs() <= rounding).count() as f64
        };
        let positive: Vec<u32> = signs.iter().flat_map(|s| s.positive.to_vec()).collect();
        let negative: Vec<u32> = signs.iter().flat_map(|s| s.negative.to_vec()).collect();
        for (what, got, expected) in [
            ("positive", positive, statistics::count_above(self.rows, 0.0)),
            ("negative", negative, statistics::count_below(self.rows, 0.0)),
        ] {
            assert_eq!(got.len(), expected.len());
            for (at, (got, expected)) in got.into_iter().zip(expected).enumerate() {
                let off = (f64::from(got) - expected).abs();
                assert!(off <= undecided(at), "{}, parameter {at}: {got}, {expected}", self.what(what));
            }
        }
    }

    fn arrays<'b>(
        &self,
        what: &str,
        asked: bool,
        of: impl Fn(usize) -> Option<&'b Cpu<R>>,
        expected: impl FnOnce() -> Vec<f64>,
    ) {
        let arrays: Vec<&Cpu<R>> = (0..self.reduced.parameters.len()).filter_map(of).collect();
        assert_eq!(arrays.len(), if asked { self.reduced.parameters.len() } else { 0 }, "{}", self.what(what));
        if !asked {
            return;
        }
        for (array, parameter) in arrays.iter().zip(self.case.network.parameters()) {
            assert_eq!(array.shape(), parameter.spec.shape, "{}", self.what(what));
        }
        assert_close(&self.what(what), &flat(arrays), &expected(), self.bound.of(1.0, 0));
    }

    fn numbers(&self, what: &str, asked: bool, got: Option<Vec<f64>>, expected: impl FnOnce() -> Vec<f64>, bound: f64) {
        assert_eq!(got.is_some(), asked, "{}", self.what(what));
        if let Some(got) = got {
            assert_close(&self.what(what), &got, &expected(), bound);
        }
    }

    fn what(&self, what: &str) -> String {
        format!("{}, {} examples, {what}", self.case.name, self.rows.len())
    }
}
