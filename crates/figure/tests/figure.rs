//! Figures: where known points land, and what hostile descriptions do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use consilience_figure::{Bars, Colour, Field, Figure, Key, Line, Outline, Panel, Scale, Scatter, Symbol};

/// The first `<path` of this colour.
fn path<'a>(svg: &'a str, colour: &str) -> &'a str {
    let line = svg.lines().find(|line| line.starts_with("<path") && line.contains(colour)).unwrap();
    line.split('"').nth(1).unwrap()
}

/// The numbers of a path.
fn numbers(path: &str) -> Vec<f64> {
    path.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(|text| text.parse().ok()).collect()
}

/// Upper left and lower right corner of the first frame.
fn frame(svg: &str) -> [f64; 4] {
    let clip = svg.lines().find(|line| line.starts_with("<clipPath")).unwrap();
    let numbers: Vec<f64> = clip.split('"').filter_map(|text| text.parse().ok()).collect();
    let [x, y, width, height] = numbers[..] else { panic!("{clip}") };
    [x, y, x + width, y + height]
}

fn close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{got:?} {expected:?}");
    // Coordinates have two decimals.
    assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 0.011), "{got:?} {expected:?}");
}

#[test]
fn points_land_where_they_should() {
    let panel = Panel::new("x", "y").x_limits(0.0, 10.0).y_limits(0.0, 4.0);
    let svg = Figure::new("").panel(panel.line(Line::new("", [(0.0, 0.0), (5.0, 3.0), (10.0, 4.0)]))).svg();
    let [left, top, right, bottom] = frame(&svg);
    assert_eq!((right - left, bottom - top), (440.0, 280.0));
    close(&numbers(path(&svg, "#0072b2")), &[left, bottom, left + 220.0, bottom - 210.0, right, top]);
}

#[test]
fn logarithmic_axis_with_step_zero() {
    let svg = Figure::new("")
        .panel(
            Panel::new("step", "")
                .x_scale(Scale::Log)
                .x_limits(0.0, 100.0)
                .y_limits(0.0, 1.0)
                .line(Line::new("", [(0.0, 0.5), (1.0, 0.5), (10.0, 0.5), (100.0, 0.5), (-5.0, 0.5)])),
        )
        .svg();
    let [left, top, ..] = frame(&svg);
    // Zero lies 0.6 decades below the first step, of 2.6 decades on 440 pixels.
    let (y, decade) = (top + 140.0, 440.0 / 2.6);
    close(&numbers(path(&svg, "#0072b2")), &[left, y, left + 0.6 * decade, y, left + 1.6 * decade, y, left + 440.0, y]);
    for name in ["0", "1", "10", "100"] {
        assert!(svg.contains(&format!(">{name}</text>")), "{name}");
    }
}

#[test]
fn gaps_break_lines_and_bands() {
    let nan = f64::NAN;
    let line = Line::new("", [(0.0, 1.0), (1.0, 1.0), (2.0, nan), (3.0, 1.0), (4.0, 1.0)]).band([0.5; 5]);
    let svg = Figure::new("").panel(Panel::new("", "").line(line)).svg();
    let solid = svg.lines().find(|line| line.contains("stroke=\"#0072b2\"")).unwrap();
    assert_eq!(solid.matches('M').count(), 2, "{solid}");
    assert_eq!(svg.lines().filter(|line| line.contains("fill=\"#0072b2\" fill-opacity=\"0.18\"")).count(), 2);
}

#[test]
fn least_squares_line_runs_through_the_means() {
    let panel = Panel::new("", "")
        .x_limits(0.0, 2.0)
        .y_limits(0.0, 4.0)
        .scatter(Scatter::new("", [(0.0, 1.0), (1.0, 1.0), (2.0, 4.0)]))
        .least_squares("fit")
        .identity("y = x");
    let svg = Figure::new("").panel(panel).svg();
    let [left, _, right, bottom] = frame(&svg);
    // y = 0.5 + 1.5 x, by hand.
    close(&numbers(path(&svg, "#d55e00")), &[left, bottom - 35.0, right, bottom - 245.0]);
    let identity = svg.lines().find(|line| line.contains("#0072b2") && line.contains("dasharray")).unwrap();
    close(&numbers(identity.split('"').nth(1).unwrap()), &[left, bottom, right, bottom - 140.0]);
}

#[test]
fn bars_and_their_errors() {
    let panel = Panel::new("", "")
        .categories(["a", "b"])
        .y_limits(0.0, 10.0)
        .bars(Bars::new("", [5.0, f64::NAN]).errors([1.0, 1.0]));
    let svg = Figure::new("").panel(panel).svg();
    let [left, _, _, bottom] = frame(&svg);
    // The first of two places is 220 pixels wide; a bar takes 0.8 of it, less a gap of 8 % of that.
    let (from, to) = (left + 22.0, left + 22.0 + 176.0 * 0.92);
    close(
        &numbers(path(&svg, "fill=\"#0072b2\"")),
        &[from, bottom - 140.0, to, bottom - 140.0, to, bottom, from, bottom],
    );
    let error = numbers(path(&svg, "stroke=\"#1f1f1f\""));
    let middle = f64::midpoint(from, to);
    close(&error[..4], &[middle, bottom - 168.0, middle, bottom - 112.0]);
}

#[test]
fn small_figure() {
    let panel =
        Panel::new("x", "λ_{1}").x_limits(0.0, 1.0).y_limits(0.0, 1.0).line(Line::new("", [(0.0, 0.0), (1.0, 1.0)]));
    let svg = Figure::new("a < b").panel(panel).svg();
    let expected = include_str!("small.svg");
    assert_eq!(svg, expected, "\n{svg}");
}

#[test]
fn equal_labels_have_equal_colours_in_all_panels() {
    let points = || [(0.0, 1.0), (1.0, 2.0)];
    let figure = Figure::new("")
        .panel(Panel::new("", "").line(Line::new("a", points())).line(Line::new("b", points())))
        .panel(Panel::new("", "").line(Line::new("b", points())))
        .panel(Panel::new("", "").line(Line::new("c", points()).colour(Colour::Class(1))));
    let svg = figure.svg();
    let strokes = |colour: &str| svg.matches(&format!("stroke=\"{colour}\" stroke-width=\"1.6\"")).count();
    // Class 1 is taken by "c", so that "b" has the next one.
    assert_eq!([strokes("#0072b2"), strokes("#d55e00"), strokes("#009e73")], [1, 1, 2]);
}

#[test]
fn many_points_stay_small() {
    let wave = |i: u32| (f64::from(i), (f64::from(i) * 0.37).sin());
    let line = Figure::new("").panel(Panel::new("", "").line(Line::new("", (0..10_000).map(wave))));
    assert!(line.svg().len() < 80_000, "{}", line.svg().len());
    let dots = Figure::new("").panel(Panel::new("", "").scatter(Scatter::new("", (0..10_000).map(wave)).size(2.0)));
    assert!(dots.svg().len() < 250_000);
}

#[test]
fn png_is_twice_the_size_and_shows_the_curve() {
    let panel = Panel::new("", "").y_limits(0.0, 1.0).line(Line::new("", [(0.0, 0.5), (1.0, 0.5)]));
    let figure = Figure::new("").panel(panel);
    let svg = figure.svg();
    let size = |name: &str| svg.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<u32>();
    let bytes = figure.png(2.0).unwrap();
    assert_eq!(bytes, figure.png(2.0).unwrap(), "the same bytes every time");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (2 * size("width").unwrap(), 2 * size("height").unwrap()));
    let [left, top, right, bottom] = frame(&svg);
    let pixel = |x: f64, y: f64| {
        let at = 3 * ((2.0 * y) as usize * info.width as usize + (2.0 * x) as usize);
        [pixels[at], pixels[at + 1], pixels[at + 2]]
    };
    let middle = f64::midpoint(left, right) + 3.0;
    assert_eq!(pixel(middle, f64::midpoint(top, bottom)), [0x00, 0x72, 0xb2]);
    assert_eq!(pixel(middle, top + 10.0), [255, 255, 255]);
}

#[test]
fn impossible_images_are_refused() {
    let figure = Figure::new("");
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 100.0] {
        assert!(figure.png(scale).unwrap_err().to_string().starts_with("the scale of an image must be"), "{scale}");
    }
    let large = (0..40).fold(Figure::new("").columns(1), |f, _| f.panel(Panel::default()));
    assert!(large.png(2.0).unwrap_err().to_string().contains("too large"));
}

#[test]
fn nothing_hostile_fails() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let series: [Vec<(f64, f64)>; 7] = [
        vec![],
        vec![(nan, nan), (inf, -inf)],
        vec![(1.0, 1.0)],
        vec![(f64::MAX, -f64::MAX), (-f64::MAX, f64::MAX)],
        vec![(5e-324, 5e-324), (0.0, 0.0)],
        vec![(1e16, 1.0), (1e16 + 2.0, 1.0)],
        vec![(0.0, -1.0), (1.0, nan), (-2.0, inf)],
    ];
    let label = "<&\">\u{0}\u{fffe} ^{ _{x} ".repeat(30);
    let mut figure = Figure::new(label.clone()).share_x();
    for points in &series {
        for scale in [Scale::Linear, Scale::Log] {
            let values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
            figure = figure.panel(
                Panel::new(label.clone(), label.clone())
                    .title(label.clone())
                    .x_scale(scale)
                    .y_scale(scale)
                    .y_limits(nan, inf)
                    .line(Line::new(label.clone(), points.clone()).band(values.clone()).symbol(Symbol::Cross))
                    .scatter(Scatter::new("s", points.clone()).size(inf))
                    .field(Field::new(label.clone(), 2, values.clone(), (nan, 1.0), (0.0, inf)).contour(nan))
                    .field(Field::new("f", 2, values, (3.0, 1.0), (1.0, 1.0)).smooth().contour(1.0).limits(inf, 1.0))
                    .horizontal(nan, "h")
                    .vertical(inf, "v")
                    .identity("i")
                    .least_squares("l")
                    .key(Key::colour("k", Colour::Ordered(nan)))
                    .equal_axes(),
            );
        }
        let values: Vec<f64> = points.iter().map(|(x, _)| *x).collect();
        let spokes = vec![label.clone(); points.len()];
        figure = figure
            .panel(Panel::radar(spokes, 0.0, nan).outline(Outline::new("r", values.clone())))
            .panel(Panel::radar(["a"], 1.0, 1.0).outline(Outline::new("r", values.clone())))
            .panel(
                Panel::new("", "")
                    .categories(vec![label.clone(); 40])
                    .y_categories(["", "x"])
                    .bars(Bars::new("b", values.clone()).errors(values)),
            );
    }
    for columns in [0, 5, 1000] {
        let svg = figure.clone().columns(columns).svg();
        let broken = svg.lines().find(|line| line.contains("NaN") || line.contains("inf"));
        assert_eq!(broken, None, "a coordinate is not finite");
        assert!(!svg.contains('\u{0}') && !svg.contains('\u{fffe}'));
    }
    figure.columns(6).png(0.5).unwrap();
    Figure::new("").png(1.0).unwrap();
}
