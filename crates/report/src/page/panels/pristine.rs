//! Pristine and corrupt training examples: what the network learns of each, and how their scores differ.

use super::{Drawn, Frame, Section, only};
use crate::page::data::Data;
use crate::page::document::Page;
use crate::page::examples::{Examples, is_label};
use crate::page::meaning::meaning;
use crate::page::number::{count, percent, plain};
use crate::page::run::Run;
use crate::page::series::Series;
use maud::{Markup, html};

const ACCURACIES: [&str; 3] = ["pristine_accuracy", "corrupt_accuracy", "corrupt_accuracy_true"];

/// Kinds of lines of shares: a title, and the pair of names.
const SHARES: [(&str, [&str; 2]); 4] = [
    ("shares of the gradient", ["pristine_share", "corrupt_share"]),
    ("cumulative mean contribution", ["pristine_contribution", "corrupt_contribution"]),
    ("shares of the gradient, paper's sample", ["sampled_pristine_share", "sampled_corrupt_share"]),
    ("cumulative mean contribution, paper's sample", ["sampled_pristine_contribution", "sampled_corrupt_contribution"]),
];

/// Bars of a histogram.
const BINS: usize = 48;

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let is_tagged = |run: &Run| {
        run.description.data.train_corrupt > 0
            || run.last("corrupt_accuracy").is_some()
            || run.examples.as_ref().is_some_and(Examples::has_corrupt)
    };
    if !page.runs.iter().any(is_tagged) {
        return None;
    }
    let mut frames: Vec<Frame<'_>> = Vec::new();
    // Undefined accuracies, of runs without wrong labels, are no curve.
    let defined = |name: &&&'static str| page.runs.iter().any(|run| run.last(name).is_some());
    let accuracies: Vec<&str> = ACCURACIES.iter().filter(defined).copied().collect();
    frames
        .extend(Frame::of(page, "what is predicted of training examples", &accuracies).into_iter().map(Frame::linear));
    for (title, names) in &SHARES {
        frames.extend(Frame::of(page, title, names).into_iter().map(|frame| with_null_worlds(frame, page).linear()));
    }
    let histograms = only(page).and_then(|run| run.examples.as_ref()).map(histograms).unwrap_or_default();
    let areas = areas(page);
    if frames.is_empty() && histograms.is_empty() && areas.is_none() {
        return None;
    }
    let lead = match page.runs {
        [run] if run.description.data.train > 0 => {
            let own = &run.description.data;
            let (train, corrupt) = (own.train as u64, own.train_corrupt as u64);
            let share = percent(corrupt as f64 / train as f64);
            format!(
                "{} of {} training examples ({share}) carry a label that is not the true one.",
                count(corrupt),
                count(train)
            )
        }
        _ => "Training examples whose given label is the true one, and those whose is not.".to_owned(),
    };
    let charts: Vec<Markup> = frames.iter().map(|frame| frame.lay_out(page, data)).collect();
    Some(Section {
        id: "pristine",
        title: "Pristine and corrupt examples".to_owned(),
        short: "Pristine",
        lead: Some(lead),
        body: html! {
            div.grid {
                @for chart in &charts { (chart) }
                @for histogram in &histograms { (histogram) }
            }
            @if let Some(areas) = areas { (areas) }
        },
    })
}

/// The frame with the null worlds of its lines in the background; several runs would hide each other's.
fn with_null_worlds<'a>(mut frame: Frame<'a>, page: &Page<'a>) -> Frame<'a> {
    let Some(run) = only(page) else { return frame };
    let is_null = |series: &&Series| {
        series.part.as_ref().is_some_and(|part| part.starts_with("null_"))
            && frame.lines.iter().any(|line| line.name == series.name)
    };
    let nulls: Vec<Drawn<'a>> =
        run.series.iter().filter(is_null).map(|series| Drawn { run: 0, name: &series.name, series }).collect();
    if !nulls.is_empty() {
        frame.background = Some(("null worlds: tags permuted at random", nulls));
    }
    frame
}

/// How scores are distributed among pristine and among corrupt examples.
fn histograms(examples: &Examples) -> Vec<Markup> {
    if !examples.has_corrupt() {
        return Vec::new();
    }
    let scores = examples.scores.iter().filter(|(name, _)| !is_label(name));
    scores.filter_map(|(name, values)| histogram(name, values, &examples.corrupt)).collect()
}

fn histogram(name: &str, values: &[Option<f64>], corrupt: &[bool]) -> Option<Markup> {
    let defined: Vec<(f64, bool)> = values
        .iter()
        .zip(corrupt)
        .filter_map(|(value, &corrupt)| Some((value.filter(|value| value.is_finite())?, corrupt)))
        .collect();
    let mut sorted: Vec<f64> = defined.iter().map(|(value, _)| *value).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((share * sorted.len().saturating_sub(1) as f64) as usize).copied();
    // Few extreme scores would squeeze all others into one bar; the outer bars hold what lies beyond.
    let (low, high) = (at(0.005)?, at(0.995)?);
    if high <= low {
        return None;
    }
    let mut bins = [[0_u64; BINS]; 2];
    let mut totals = [0_u64; 2];
    for (value, corrupt) in &defined {
        let place = ((value - low) / (high - low) * BINS as f64).clamp(0.0, (BINS - 1) as f64);
        bins[usize::from(*corrupt)][place as usize] += 1;
        totals[usize::from(*corrupt)] += 1;
    }
    if totals.contains(&0) {
        return None;
    }
    let share = |kind: usize, bin: usize| bins[kind][bin] as f64 / totals[kind] as f64;
    let top = (0..2).flat_map(|kind| (0..BINS).map(move |bin| share(kind, bin))).fold(0.0, f64::max);
    let (width, height) = (360.0, 150.0);
    let x = |bin: usize| bin as f64 * width / BINS as f64;
    let bars = |kind: usize| {
        html! {
            @for bin in 0..BINS {
                @if bins[kind][bin] > 0 {
                    @let bar = share(kind, bin) / top * height;
                    @let (from, to) = (low + (high - low) * bin as f64 / BINS as f64, low + (high - low) * (bin + 1) as f64 / BINS as f64);
                    rect x=(format!("{:.1}", x(bin))) y=(format!("{:.1}", height - bar)) width=(format!("{:.1}", width / BINS as f64)) height=(format!("{bar:.1}")) {
                        title { (format!("{} to {}: {} {}", plain(from), plain(to), count(bins[kind][bin]), ["pristine", "corrupt"][kind])) }
                    }
                }
            }
        }
    };
    let zero = (low < 0.0 && high > 0.0).then(|| -low / (high - low) * width);
    Some(html! {
        figure.histogram {
            figcaption {
                div.head { h3 { (name.replace('_', " ")) } }
                p.meaning { code { (name) } " "  "How this score is distributed: shares of the pristine, and of the corrupt examples. The outermost bars hold what lies beyond." }
                ul.legend {
                    li { (super::swatch(0)) "pristine, " (count(totals[0])) }
                    li { (super::swatch(1)) "corrupt, " (count(totals[1])) }
                }
            }
            svg viewBox=(format!("0 -4 {width} {}", height + 20.0)) role="img" aria-label={ "Histogram of " (name) " for pristine and corrupt examples" } {
                g.bars.f0 { (bars(0)) }
                g.bars.f1 { (bars(1)) }
                @if let Some(zero) = zero { line.zero x1=(format!("{zero:.1}")) x2=(format!("{zero:.1}")) y1="0" y2=(height) {} }
                line.axis x1="0" x2=(width) y1=(height) y2=(height) {}
                text x="0" y=(height + 13.0) { (plain(low)) }
                text.end x=(width) y=(height + 13.0) { (plain(high)) }
                @if let Some(zero) = zero { @if (30.0..width - 50.0).contains(&zero) { text.middle x=(format!("{zero:.1}")) y=(height + 13.0) { "0" } } }
            }
        }
    })
}

/// How well each score tells corrupt from pristine examples, as recorded at the end.
fn areas(page: &Page<'_>) -> Option<Markup> {
    let area = |run: &Run, name: &str| {
        let is_area = |series: &&Series| series.name == name && series.part.as_deref() == Some("corrupt_area");
        run.series.iter().find(is_area).and_then(Series::last).map(|(_, value)| value)
    };
    let mut names: Vec<&str> = Vec::new();
    for series in page.runs.iter().flat_map(|run| &run.series) {
        let is_area = series.part.as_deref() == Some("corrupt_area") && series.last().is_some();
        if is_area && !names.contains(&series.name.as_str()) {
            names.push(&series.name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let runs: Vec<&Run> = page.runs.iter().filter(|run| names.iter().any(|name| area(run, name).is_some())).collect();
    Some(html! {
        h3 { "How well each score finds wrong labels" }
        p.meaning { "Area under the ROC curve, from 0.5 (no better than chance) to 1, for the end of the score that is suspicious." }
        div.scroll {
            table.figures {
                thead { tr { th scope="col" { "score" } @for run in &runs { th.number scope="col" { @if page.runs.len() == 1 { "area" } @else { (run.name) } } } th scope="col" { "suspicious when" } th scope="col" { "what it is" } } }
                tbody {
                    @for name in &names {
                        @let areas: Vec<Option<f64>> = runs.iter().map(|run| area(run, name)).collect();
                        @let is_low = areas.iter().flatten().next().is_some_and(|area| *area < 0.5);
                        tr {
                            th scope="row" { code { (name) } }
                            @for area in &areas {
                                td.number { @match area { Some(area) => { (format!("{:.3}", area.max(1.0 - area))) }, None => "–" } }
                            }
                            td { @if is_low { "low" } @else { "high" } }
                            td { (meaning(page.meanings, name).summary) }
                        }
                    }
                }
            }
        }
    })
}
