//! Every kind of figure and table, from made-up numbers: `cargo run -p consilience-figure --example gallery DIRECTORY`.

use std::f64::consts::TAU;
use std::path::Path;

use consilience_figure::{
    Bars, Best, Cell, Colour, Dash, Field, Figure, Key, Line, Outline, Panel, Scale, Scatter, Symbol, Table, Within,
};

/// Numbers in 0..1 that look random and are the same every time.
fn noise(index: usize) -> f64 {
    let value = ((index as f64 + 1.0) * 12.9898).sin() * 43_758.547;
    value - value.floor()
}

fn curve(rate: f64, end: f64, phase: usize) -> Vec<(f64, f64)> {
    (1..=60)
        .map(|epoch| {
            let x = f64::from(epoch);
            (x, end * (1.0 - (-x * rate).exp()) + 0.012 * (noise(epoch as usize * 7 + phase) - 0.5))
        })
        .collect()
}

fn label_noise() -> Figure {
    let levels = ["0 %", "25 %", "50 %", "75 %", "100 %"];
    let panel = |title: &str, y: &str, end: &dyn Fn(f64) -> f64| {
        let mut panel = Panel::new("epoch", y).title(title).y_limits(0.0, 1.02);
        for (index, level) in levels.iter().enumerate() {
            let t = index as f64 / 4.0;
            let line = Line::new(*level, curve(0.14 - 0.1 * t, end(t), 31 * index)).band(vec![0.015 + 0.02 * t; 60]);
            panel = panel.line(line.colour(Colour::ordered(index, 5)));
        }
        panel
    };
    Figure::new("Label noise and generalization")
        .panel(panel("Training", "accuracy", &|_| 1.0))
        .panel(panel("Test", "accuracy", &|t| 0.98 - 0.88 * t))
        .panel(panel("Learnt, pristine", "fraction learnt", &|t| 1.0 - 0.2 * t))
        .share_y()
}

fn relative_contributions() -> Figure {
    let wave = |sign: f64, phase: usize, size: f64| -> Vec<(f64, f64)> {
        (0..400)
            .map(|i| {
                let step = if i == 0 { 0.0 } else { (f64::from(i) * 0.0235).exp().floor() };
                (
                    step,
                    0.5 + sign * size * (-(f64::from(i) - 150.0).powi(2) / 9000.0).exp()
                        + 0.06 * (noise(i as usize * 13 + phase) - 0.5),
                )
            })
            .collect()
    };
    let mut left = Panel::new("training step", "share of the loss reduction").title("Actual").x_scale(Scale::Log);
    left =
        left.line(Line::new("pristine f_{p}", wave(1.0, 0, 0.3))).line(Line::new("corrupt f_{c}", wave(-1.0, 5, 0.3)));
    let mut right = Panel::new("training step", "share of the loss reduction").title("Null worlds").x_scale(Scale::Log);
    for world in 0..3 {
        let label = |text: &str| if world == 0 { text.to_owned() } else { String::new() };
        right = right
            .line(Line::new(label("pristine f_{p}"), wave(1.0, 100 + world * 9, 0.02)).colour(Colour::Class(0)))
            .line(Line::new(label("corrupt f_{c}"), wave(-1.0, 200 + world * 9, 0.02)).colour(Colour::Class(1)));
    }
    Figure::new("").panel(left.horizontal(0.5, "equal shares")).panel(right.horizontal(0.5, "equal shares")).share_y()
}

fn both_sides() -> Figure {
    let mut figure = Figure::new("Left and right side of equation 17").columns(2);
    for (which, epoch) in [20, 100, 500, 2500].into_iter().enumerate() {
        let mut panel = Panel::new("RHS", "LHS").title(format!("epoch {epoch}, c = 0.9{which}")).equal_axes();
        for channels in 0..4 {
            for examples in 0..3 {
                let points = (0..4).map(|i| {
                    let x = 0.1 + 0.8 * noise(i * 17 + channels * 5 + examples * 3 + which);
                    (x, x * 1.05 + 0.1 * (noise(i * 7 + channels + which) - 0.5))
                });
                panel = panel.scatter(
                    Scatter::new("", points)
                        .symbol(Symbol::ALL[channels])
                        .colour(Colour::ordered(examples, 3))
                        .size(6.0),
                );
            }
        }
        for (channels, name) in ["6", "8", "10", "12"].into_iter().enumerate() {
            panel = panel.key(Key::symbol(format!("p = {name}"), Symbol::ALL[channels]));
        }
        for (examples, name) in ["1000", "2000", "4000"].into_iter().enumerate() {
            panel = panel.key(Key::colour(format!("n = {name}"), Colour::ordered(examples, 3)));
        }
        figure = figure.panel(panel.identity("LHS = RHS").least_squares("least squares"));
    }
    figure
}

fn circles() -> Figure {
    let mut figure = Figure::new("Two circles: decision boundaries");
    for (which, name) in ["unregularised", "dropout", "loss gradient", "MGS"].into_iter().enumerate() {
        let cells = 60;
        let values = (0..cells * cells).map(move |i| {
            let at = |k: usize| (k as f64 + 0.5) / cells as f64 * 3.0 - 1.5;
            let (x, y) = (at(i % cells), at(i / cells));
            let wobble = (3.0 - which as f64) * 0.12 * (5.0 * x.atan2(y)).sin() * (3.0 * x).cos();
            1.0 / (1.0 + (-(0.75 + wobble - x.hypot(y)) * 9.0).exp())
        });
        let field =
            Field::new("P(inner)", cells, values, (-1.5, 1.5), (-1.5, 1.5)).limits(0.0, 1.0).diverging().smooth();
        let ring = |radius: f64, phase: usize| {
            (0..60).map(move |i| {
                let angle = TAU * noise(i * 3 + phase);
                let r = radius + 0.25 * (noise(i * 5 + phase) - 0.5);
                (r * angle.cos(), r * angle.sin())
            })
        };
        let field = if which == 3 { field } else { Field { label: String::new(), ..field } };
        figure = figure.panel(
            Panel::new("x_{1}", if which == 0 { "x_{2}" } else { "" })
                .title(name)
                .equal_axes()
                .field(field.contour(0.5))
                .scatter(Scatter::new("inner", ring(0.45, 0)).colour(Colour::Class(0)).size(4.0))
                .scatter(
                    Scatter::new("outer", ring(1.05, 7)).colour(Colour::Class(1)).symbol(Symbol::Triangle).size(4.0),
                ),
        );
    }
    figure.columns(4).share_y()
}

fn metrics() -> Figure {
    let methods = [
        "unregularised",
        "dropout",
        "weight penalty",
        "loss gradient",
        "MGS trace",
        "MGS log-determinant",
        "SAM",
        "GN",
    ];
    let panel = |title: &str, y: &str, scale: Scale, base: f64| {
        let mut panel = Panel::new("epoch", y).title(title).y_scale(scale);
        for (index, method) in methods.iter().enumerate() {
            let points = (0..=100).step_by(2).map(move |epoch| {
                let growth = base * (f64::from(epoch) * 0.03 * (1.0 - index as f64 / 8.0)).exp();
                (f64::from(epoch), growth * (1.0 + 0.2 * noise(epoch as usize + index * 51)))
            });
            panel = panel.line(Line::new(*method, points));
        }
        panel
    };
    Figure::new("AlexNet on corrupted MNIST")
        .panel(panel("Accuracy", "test accuracy (%)", Scale::Linear, 4.0))
        .panel(panel("Trace", "tr K", Scale::Log, 1e3))
        .panel(panel("Determinant", "log det K", Scale::Linear, 1e6))
}

fn robustness() -> Figure {
    let spokes = ["training size", "label noise", "batch size", "learning rate", "epochs"];
    let mut figure = Figure::new("Test accuracy when one setting is varied");
    for (title, drop) in [("Median", 0.0), ("Lowest quartile", 12.0)] {
        let panel = Panel::radar(spokes, 0.0, 100.0)
            .title(title)
            .outline(Outline::new("MGS", [93.0, 88.0, 92.0, 61.0, 93.0].map(|v| v - drop)).colour(Colour::Class(1)))
            .outline(Outline::new("dropout", [84.0, 59.0, 80.0, 65.0, 78.0].map(|v| v - drop)))
            .outline(
                Outline::new("weight penalty", [70.0, 30.0, 62.0, f64::NAN, 55.0].map(|v| v - drop)).dash(Dash::Dashed),
            )
            .outline(Outline::new("unregularised", [62.0, 25.0, 60.0, 55.0, 50.0].map(|v| v - drop)));
        figure = figure.panel(panel);
    }
    figure
}

fn bars() -> Figure {
    let panel = Panel::new("", "test accuracy (%)")
        .categories(["CIFAR-10", "CIFAR-100", "Tiny-ImageNet", "SVHN"])
        .bars(Bars::new("small batch", [92.3, 71.0, 39.6, 93.7]).errors([0.1, 0.3, 0.2, 0.1]))
        .bars(Bars::new("large batch", [90.0, 66.5, 27.7, 90.4]).errors([0.1, 0.3, 0.1, 0.3]))
        .bars(Bars::new("large batch + GN", [92.0, 70.2, 37.8, 92.8]).errors([1.0, 2.3, 3.1, 0.1]))
        .bars(Bars::new("large batch + FT", [91.8, 71.2, f64::NAN, 93.7]).errors([0.1, 0.2, 0.1, 0.2]));
    let long = Panel::new("regulariser", "change of accuracy")
        .categories([
            "average micro-batch gradient norm",
            "average micro-batch Fisher trace",
            "unit Jacobian",
            "weights",
            "none",
        ])
        .bars(Bars::new("", [1.2, -0.6, 0.3, -0.1, 0.0]).errors([0.3, 0.2, 0.4, f64::NAN, 0.1]));
    Figure::new("").panel(panel).panel(long)
}

fn heat_map() -> Figure {
    let values = (0..11 * 13)
        .map(|i| if i == 37 { f64::NAN } else { 95.0 - 6.0 * (i / 13) as f64 + 1.5 * (i % 13) as f64 * noise(i) });
    let noise_levels: Vec<String> = (0..11).map(|i| format!("{} %", 10 * i)).collect();
    let panel = Panel::new("training size", "label noise")
        .title("143 scenarios")
        .field(Field::new("final test accuracy (%)", 13, values, (-0.5, 12.5), (-0.5, 10.5)))
        .categories(["100", "200", "300", "500", "750", "1000", "1500", "2000", "3000", "5000", "10k", "20k", "60k"])
        .y_categories(noise_levels);
    Figure::new("").panel(panel)
}

fn hostile() -> Figure {
    let nan = f64::NAN;
    let long =
        "an extremely long label that explains at length what nobody would ever want to read beside a curve, and more";
    Figure::new("Empty, single, huge, tiny, equal and missing numbers, <escaped> & “quoted”")
        .panel(Panel::new("x", "y").title("empty"))
        .panel(Panel::new("x", "y").title("one point").line(Line::new("one", [(3.0, 5.0)]).band([0.5])))
        .panel(
            Panel::new("step", "y")
                .title("10,000 points")
                .line(Line::new("dense", (0..10_000).map(|i| (f64::from(i), noise(i as usize) * f64::from(i).sqrt())))),
        )
        .panel(
            Panel::new("x", "y").title("10,000 dots").scatter(
                Scatter::new("", (0..10_000).map(|i| (noise(i) + noise(i + 50_000), noise(i * 3) + noise(i + 7))))
                    .size(2.0),
            ),
        )
        .panel(Panel::new("x", "y").title("huge").line(Line::new("", [(-1e308, -1e308), (0.0, 1e300), (1e308, 1e308)])))
        .panel(Panel::new("x", "y").title("tiny").line(Line::new("", [(1e-300, 2e-310), (2e-300, 4e-310)])))
        .panel(
            Panel::new("x", "y")
                .title("nearly equal")
                .line(Line::new("", [(1.0, 1e3 + 1e-6), (2.0, 1e3 + 2e-6), (3.0, 1e3)])),
        )
        .panel(
            Panel::new(long, long).title(long).line(Line::new(
                long,
                [(1.0, 1.0), (2.0, nan), (3.0, 2.0), (4.0, 3.0), (nan, 1.0), (5.0, f64::INFINITY)],
            )),
        )
        .panel(
            Panel::new("x", "y").title("gaps").line(
                Line::new(
                    "",
                    (0..60).map(|i| (f64::from(i), if i % 13 == 0 || i == 14 { nan } else { f64::from(i % 7) })),
                )
                .band((0..60).map(|i| if i > 40 { nan } else { 0.7 })),
            ),
        )
        .panel(
            Panel::new("x", "y")
                .title("log, 600 decades")
                .y_scale(Scale::Log)
                .line(Line::new("", [(1.0, 1e-300), (2.0, 1.0), (3.0, 1e300), (4.0, -1.0)])),
        )
        .panel(
            Panel::new("x", "y")
                .title("log, short")
                .y_scale(Scale::Log)
                .line(Line::new("", [(1.0, 3.0), (2.0, 40.0)]).symbol(Symbol::Diamond)),
        )
}

fn one_panel() -> Figure {
    let panel = Panel::new("epoch", "average micro-batch gradient norm ‖∇L_{M}‖^{2}")
        .line(Line::new("small batch", curve(0.1, 3.0, 0)).band(vec![0.2; 60]))
        .line(Line::new("large batch", curve(0.05, 1.8, 9)).band(vec![0.1; 60]).dash(Dash::Dashed))
        .line(Line::new("GN, λ = 0.01", curve(0.3, 0.9, 11)).symbol(Symbol::Square));
    Figure::new("ResNet-18 on CIFAR-100").panel(panel)
}

/// Three made-up runs around what the paper prints.
fn runs(mean: f64, sd: f64, phase: usize) -> Cell {
    Cell::of((0..3).map(|run| mean - 0.7 + 2.0 * sd * (noise(run * 31 + phase) - 0.5)))
        .paper(format!("{mean:.1} ± {sd:.1}"))
}

fn table() -> Table {
    let rows = [
        ("0 %", [(89.6, 1.3), (95.8, 0.5), (83.1, 9.6), (95.1, 0.5), (95.2, 0.3)]),
        ("30 %", [(62.0, 2.5), (80.9, 2.9), (72.2, 4.2), (88.7, 2.0), (93.1, 0.7)]),
        ("60 %", [(37.3, 2.9), (59.2, 4.1), (10.0, 0.4), (80.7, 5.9), (88.4, 1.4)]),
        ("80 %", [(23.9, 2.4), (39.5, 4.7), (10.1, 0.5), (15.1, 5.4), (74.5, 4.0)]),
    ];
    let table = Table::new(
        "Test accuracy (%) of LeNet-5 on corrupted MNIST, 3000 training samples, mean ± standard deviation of 3 runs",
    )
    .label("label noise")
    .columns(["unregularised"])
    .group("penalties of weights and gradients", ["dropout", "weight", "loss gradient", "MGS"])
    .best(Best::Highest)
    .within(Within::Row)
    .second("maximum during training");
    let table = rows.into_iter().enumerate().fold(table, |table, (row, (noise, cells))| {
        let cells = cells
            .into_iter()
            .enumerate()
            .map(|(column, (mean, sd))| runs(mean, sd, 7 * row + column).second(mean + 0.4));
        table.row([noise], cells)
    });
    table.row(
        ["100 %"],
        [Cell::of([10.2, 9.8, 10.1]), Cell::of([f64::NAN, 11.0, 10.0]), Cell::text("diverged"), Cell::of([10.0])],
    )
}

fn main() -> std::io::Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let figures = [
        ("one-panel", one_panel()),
        ("label-noise", label_noise()),
        ("relative-contributions", relative_contributions()),
        ("both-sides", both_sides()),
        ("circles", circles()),
        ("metrics", metrics()),
        ("robustness", robustness()),
        ("bars", bars()),
        ("heat-map", heat_map()),
        ("hostile", hostile()),
    ];
    let table = table();
    let texts = [("txt", table.text(100)), ("csv", table.csv()), ("tex", table.latex()), ("md", table.markdown())];
    for (suffix, text) in texts {
        std::fs::write(Path::new(&directory).join(format!("table.{suffix}")), text)?;
    }
    for (name, figure) in figures {
        let file = |suffix: &str| Path::new(&directory).join(format!("{name}{suffix}"));
        std::fs::write(file(".svg"), figure.svg())?;
        std::fs::write(file(".png"), figure.png(2.0).map_err(std::io::Error::other)?)?;
    }
    Ok(())
}
