use consilience_gradients::second_order::{
    MeanLoss, Point, TotalLoss, gradient_norm_gradient, hessian_vector_product, kernel_trace_gradient,
    log_determinant_gradient, sq_norms_gradient,
};
use consilience_gradients::{
    Dots, Groups, LogDeterminant, Moments, Outputs, Reduced, Request, empirical_ntk, kernel_trace, reduce, signal,
};
use consilience_nn::{Precision, Tape, to_torch_order};
use consilience_tensor::{Cpu, Real, Tensor};

use crate::golden::file::Golden;
use crate::golden::index::Entry;
use crate::golden::network::{Case, LOSS};

/// Tensors by name, and by which route they were computed; a name may come by several.
#[derive(Default)]
pub struct Computed(Vec<(String, &'static str, Vec<f64>)>);

impl Computed {
    fn push(&mut self, name: impl Into<String>, route: &'static str, values: impl Into<Vec<f64>>) {
        self.0.push((name.into(), route, values.into()));
    }

    pub fn iter(&self) -> impl Iterator<Item = &(String, &'static str, Vec<f64>)> {
        self.0.iter()
    }
}

/// Everything that the file can hold, through the public interface.
pub fn everything<R: Precision>(case: &Case<R>, entry: &Entry, golden: &Golden) -> Computed {
    let mut computed = Computed::default();
    let tape = case.tape(&case.input);
    forward(case, &tape, &mut computed);
    let gradient = batch(case, entry, &tape, &mut computed);
    micro_batches(case, entry, &gradient, &mut computed);
    if !entry.trains_batch_norm() {
        per_example(case, entry, golden, &tape, &gradient, &mut computed);
    }
    if golden.get("trK").is_some() {
        kernels(case, entry, &tape, &gradient, &mut computed);
    }
    computed
}

impl<R: Precision> Case<R> {
    fn tape(&self, input: &Cpu<R>) -> Tape<Cpu<R>> {
        self.network.forward(&self.parameters, &self.buffers, input.clone(), self.mode).unwrap()
    }

    fn point(&self) -> Point<'_, R> {
        Point { network: &self.network, parameters: &self.parameters, buffers: &self.buffers, mode: self.mode }
    }

    fn flat(&self, arrays: &[Cpu<R>]) -> Vec<f64> {
        self.network.to_torch_vector(arrays).into_iter().map(Real::f64).collect()
    }

    /// One number per parameter that lies in no array, in `PyTorch`'s order.
    fn flat_from<'a, V: Copy + 'a>(&self, reduced: &'a Reduced<R>, of: impl Fn(usize) -> &'a [V]) -> Vec<V> {
        let shapes = self.network.parameters().iter().map(|parameter| parameter.spec.shape);
        assert_eq!(reduced.parameters.len(), shapes.len());
        shapes.enumerate().flat_map(|(place, shape)| to_torch_order(shape, of(place))).collect()
    }

    /// Rows `[N][P]` of one gradient per example: the sums over groups of one.
    fn rows(&self, tape: &Tape<Cpu<R>>, signal: Cpu<R>) -> Vec<Vec<f64>> {
        let groups = Some(Groups { size: 1, keep_sums: true, gram: false });
        let reduced = reduce(tape, signal, &Request { groups, ..Request::default() }).unwrap();
        (0..reduced.examples).map(|example| self.flat(&group(&reduced, example))).collect()
    }
}

/// The sum over one group, one array per parameter.
fn group<R: Real>(reduced: &Reduced<R>, index: usize) -> Vec<Cpu<R>> {
    reduced.parameters.iter().map(|parameter| parameter.groups.as_ref().unwrap().sums[index].clone()).collect()
}

fn scaled<R: Real>(arrays: &[Cpu<R>], factor: f64) -> Vec<Cpu<R>> {
    arrays.iter().map(|array| array.clone().scale(factor)).collect()
}

/// `x + factor y`.
fn plus<R: Real>(x: &[Cpu<R>], factor: f64, y: &[Cpu<R>]) -> Vec<Cpu<R>> {
    x.iter().zip(scaled(y, factor)).map(|(x, y)| x.clone().add(&y)).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn forward<R: Precision>(case: &Case<R>, tape: &Tape<Cpu<R>>, computed: &mut Computed) {
    let values = |array: &Cpu<R>| -> Vec<f64> { array.as_slice().iter().map(|x| x.f64()).collect() };
    let losses = LOSS.per_example(&tape.output, &case.targets).unwrap();
    computed.push("logits", "forward", values(&tape.output));
    computed.push("loss", "forward", [losses.iter().sum::<f64>() / losses.len() as f64]);
    computed.push("loss_e", "forward", losses);
    for (index, buffer) in &tape.new_buffers {
        computed.push(format!("running/{}", case.network.buffers()[*index].name), "forward", values(buffer));
    }
}

/// What the whole batch gives, whether or not its examples are coupled. Returns the gradient of the mean loss.
fn batch<R: Precision>(case: &Case<R>, entry: &Entry, tape: &Tape<Cpu<R>>, computed: &mut Computed) -> Vec<Cpu<R>> {
    let objective = MeanLoss { loss: LOSS, targets: &case.targets };
    let share = 1.0 / entry.batch as f64;
    let signal = LOSS.signal(&tape.output, &case.targets).unwrap().scale(share);
    let gradient = reduce(tape, signal, &Request { sum: true, ..Request::default() }).unwrap().into_sum().unwrap();
    let sgd: Vec<f64> = case
        .flat(&case.parameters)
        .iter()
        .zip(case.flat(&gradient))
        .map(|(value, gradient)| value - entry.constants.lr * gradient)
        .collect();
    computed.push("grad", "sum", case.flat(&gradient));
    computed.push("theta_sgd", "sum", sgd);

    let point = case.point();
    let product = hessian_vector_product(&point, &case.input, &objective, &case.direction).unwrap();
    computed.push("Hv", "hessian_vector_product", case.flat(&product.product));
    let norm = gradient_norm_gradient(&point, &case.input, &objective).unwrap();
    computed.push("grad", "gradient_norm_gradient", case.flat(&norm.gradient));
    computed.push("norm2", "gradient_norm_gradient", [norm.sq_norm]);
    computed.push("grad_norm2", "gradient_norm_gradient", case.flat(&norm.penalty_gradient));
    let penalised = plus(&gradient, entry.constants.lambda, &norm.penalty_gradient);
    computed.push("grad_penalised", "gradient_norm_gradient", case.flat(&penalised));
    gradient
}

/// Each micro-batch as a batch of its own, with its own statistics where batch statistics are used.
fn micro_batches<R: Precision>(case: &Case<R>, entry: &Entry, gradient: &[Cpu<R>], computed: &mut Computed) {
    let flat = case.flat(gradient);
    let size = entry.micro_batch;
    let (mut norms, mut dots) = (Vec::new(), Vec::new());
    for micro in 0..entry.batch / size {
        let examples = micro * size..(micro + 1) * size;
        let input = case.input.examples(examples.clone());
        let targets = case.targets.select(&examples.collect::<Vec<_>>()).unwrap();
        let tape = case.tape(&input);
        let signal = LOSS.signal(&tape.output, &targets).unwrap().scale(1.0 / size as f64);
        let sum = reduce(&tape, signal, &Request { sum: true, ..Request::default() }).unwrap().into_sum().unwrap();
        let sum = case.flat(&sum);
        norms.push(dot(&sum, &sum));
        dots.push(dot(&flat, &sum));
        if micro == 0 {
            let objective = MeanLoss { loss: LOSS, targets: &targets };
            let norm = gradient_norm_gradient(&case.point(), &input, &objective).unwrap();
            let penalised = plus(gradient, entry.constants.lambda, &norm.penalty_gradient);
            computed.push("grad_penalised_micro", "gradient_norm_gradient", case.flat(&penalised));
        }
    }
    computed.push("micro_norm2", "own batches", norms);
    computed.push("micro_dots", "own batches", dots);
}

fn per_example<R: Precision>(
    case: &Case<R>,
    entry: &Entry,
    golden: &Golden,
    tape: &Tape<Cpu<R>>,
    gradient: &[Cpu<R>],
    computed: &mut Computed,
) {
    let n = entry.batch as f64;
    let signal = LOSS.signal(&tape.output, &case.targets).unwrap();
    computed.push("G", "groups of one", case.rows(tape, signal.clone()).concat());

    let counts: Vec<usize> =
        golden.names().filter_map(|name| name.strip_prefix("wsum_c")).map(|count| count.parse().unwrap()).collect();
    let request = Request {
        sum: true,
        sq_norms: true,
        dots: Some(Dots::Sum),
        gram: true,
        moments: true,
        signs: true,
        winsorized: counts.clone(),
        groups: Some(Groups { size: entry.micro_batch, keep_sums: true, gram: false }),
        ..Request::default()
    };
    let all = reduce(tape, signal.clone(), &request).unwrap();
    let dots = all.dots().unwrap();
    computed.push("dots", "the sum of the pass", dots.iter().map(|dot| dot / n).collect::<Vec<_>>());
    computed.push("norms", "sq_norms", all.sq_norms().unwrap().iter().map(|x| x.sqrt()).collect::<Vec<_>>());
    computed.push("K_loss", "gram", all.gram().unwrap());
    from_moments(case, &all, computed);
    from_signs(case, &all, computed);
    for (place, count) in counts.iter().enumerate() {
        let sums: Vec<_> = all.parameters.iter().map(|parameter| parameter.winsorized[place].clone()).collect();
        computed.push(format!("wsum_c{count}"), "winsorized", case.flat(&sums));
    }
    let complete = entry.batch / entry.micro_batch;
    let size = entry.micro_batch as f64;
    let norms = all.group_sq_norms().unwrap();
    computed.push("micro_norm2", "groups", norms[..complete].iter().map(|x| x / size.powi(2)).collect::<Vec<_>>());
    let flat = case.flat(gradient);
    let products = (0..complete).map(|micro| dot(&flat, &case.flat(&group(&all, micro))) / size);
    computed.push("micro_dots", "groups", products.collect::<Vec<_>>());
    let mean = scaled(&all.into_sum().unwrap(), 1.0 / n);
    computed.push("grad", "sum beside all others", case.flat(&mean));

    // each reduction alone may take another route
    let alone = |request: &Request<R>| reduce(tape, signal.clone(), request).unwrap();
    let norms = alone(&Request { sq_norms: true, ..Request::default() }).sq_norms().unwrap();
    computed.push("norms", "sq_norms alone", norms.iter().map(|x| x.sqrt()).collect::<Vec<_>>());
    let dots = alone(&Request { dots: Some(Dots::With(gradient.to_vec())), ..Request::default() }).dots().unwrap();
    computed.push("dots", "a given vector", dots);
    from_moments(case, &alone(&Request { moments: true, ..Request::default() }), computed);
    from_signs(case, &alone(&Request { signs: true, ..Request::default() }), computed);
    let objective = TotalLoss { loss: LOSS, targets: &case.targets };
    let (total, gradient) = sq_norms_gradient(&case.point(), &case.input, &objective).unwrap();
    let norms = computed.iter().find(|(name, ..)| name == "norms").map(|(_, _, norms)| dot(norms, norms)).unwrap();
    assert!((total - norms).abs() <= 1e-4 * norms, "sum of squared norms {total}, by the norms {norms}");
    computed.push("grad_trK_loss", "sq_norms_gradient", case.flat(&gradient));
}

fn from_moments<R: Precision>(case: &Case<R>, reduced: &Reduced<R>, computed: &mut Computed) {
    let moments: Vec<&Moments<R>> = reduced.parameters.iter().map(|p| p.moments.as_ref().unwrap()).collect();
    let flat = |of: fn(&Moments<R>) -> &[R]| -> Vec<f64> {
        case.flat_from(reduced, |place| of(moments[place])).into_iter().map(Real::f64).collect()
    };
    let n = moments[0].count as f64;
    let (mean, squares) =
        (flat(|moments| moments.mean.as_slice()), flat(|moments| moments.square_deviations.as_slice()));
    let divided = |by: f64| -> Vec<f64> { squares.iter().map(|square| square / by).collect() };
    let variance = divided(n);
    let gsnr = mean.iter().zip(&variance).map(
        |(mean, &variance)| {
            if variance > 1e-300 { mean.powi(2) / variance } else { 0.0 }
        },
    );
    computed.push("gsnr", "moments", gsnr.collect::<Vec<_>>());
    computed.push("mean", "moments", mean);
    computed.push("var_unbiased", "moments", divided(n - 1.0));
    computed.push("var", "moments", variance);
}

fn from_signs<R: Precision>(case: &Case<R>, reduced: &Reduced<R>, computed: &mut Computed) {
    let of = |place: usize| reduced.parameters[place].signs.as_ref().unwrap();
    let counts = |counts: Vec<u32>| -> Vec<f64> { counts.into_iter().map(f64::from).collect() };
    let positive = counts(case.flat_from(reduced, |place| &of(place).positive));
    let negative = counts(case.flat_from(reduced, |place| &of(place).negative));
    let majority = positive.iter().zip(&negative).map(|(p, n)| p.max(*n) / reduced.examples as f64);
    computed.push("majority", "signs", majority.collect::<Vec<_>>());
    computed.push("n_pos", "signs", positive);
    computed.push("n_neg", "signs", negative);
}

fn kernels<R: Precision>(
    case: &Case<R>,
    entry: &Entry,
    tape: &Tape<Cpu<R>>,
    gradient: &[Cpu<R>],
    computed: &mut Computed,
) {
    let (n, classes) = (entry.batch, entry.classes);
    let of_outputs: Vec<Vec<Vec<f64>>> =
        (0..classes).map(|output| case.rows(tape, signal::one_output(n, classes, output))).collect();
    let rows = (0..n).flat_map(|example| of_outputs.iter().map(move |rows| rows[example].clone()));
    computed.push("J", "groups of one", rows.collect::<Vec<_>>().concat());

    let kernel = |outputs| empirical_ntk(tape, outputs).unwrap();
    let (traced, full) = (kernel(Outputs::Traced), kernel(Outputs::Full));
    computed.push("K_b", "traced", traced.values());
    computed.push("K_full", "full", full.values());
    computed.push("K_sum", "sum", kernel(Outputs::Sum).values());
    let ones: Vec<_> = (0..classes).map(|output| kernel(Outputs::One(output))).collect();
    let sum_of_ones = (0..n * n).map(|at| ones.iter().map(|kernel| kernel.values()[at]).sum());
    computed.push("K_b", "the sum over single outputs", sum_of_ones.collect::<Vec<f64>>());
    let trace = kernel_trace(tape).unwrap().iter().sum::<f64>();
    computed.push("trK", "kernel_trace", [trace]);
    computed.push("trK", "traced", [traced.trace()]);
    computed.push("trK", "full", [full.trace()]);

    let ridge_full = entry.constants.ridge * trace / (n * classes) as f64;
    let ridge_traced = entry.constants.ridge * trace / n as f64;
    computed.push("eps_full", "kernel_trace", [ridge_full]);
    computed.push("eps_b", "kernel_trace", [ridge_traced]);
    computed.push("logdet_full", "log_determinant", [full.log_determinant(ridge_full).value()]);
    computed.push("logdet_b", "log_determinant", [traced.log_determinant(ridge_traced).value()]);
    if let LogDeterminant::Finite(value) = traced.log_determinant(0.0) {
        computed.push("logdet_b_raw", "log_determinant", [value]);
    }

    let point = case.point();
    let (trace, of_trace) = kernel_trace_gradient(&point, &case.input).unwrap();
    computed.push("trK", "kernel_trace_gradient", [trace]);
    computed.push("grad_trK", "kernel_trace_gradient", case.flat(&of_trace));
    let penalised = plus(gradient, entry.constants.alpha, &of_trace);
    computed.push("grad_mgs_penalised", "kernel_trace_gradient", case.flat(&penalised));
    for (outputs, ridge, value, name) in [
        (Outputs::Full, ridge_full, "logdet_full", "grad_logdet_full"),
        (Outputs::Traced, ridge_traced, "logdet_b", "grad_logdet_b"),
    ] {
        let (determinant, gradient) = log_determinant_gradient(&point, &case.input, outputs, ridge).unwrap();
        computed.push(value, "log_determinant_gradient", [determinant]);
        computed.push(name, "log_determinant_gradient", case.flat(&gradient));
    }
}
