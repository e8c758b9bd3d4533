//! A comparison as a page of its own.

use super::{CAPTION, Comparison, Measure, Method, settings};
use consilience_figure::{Best, Cell, Content};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The looks of the page, in the light and in the dark, on screen and on paper.
const STYLE: &str = include_str!("page.css");

/// Width and height of the strip that shows where the runs lie, in pixels.
const STRIP: (f64, f64) = (132.0, 18.0);

/// The whole page. Everything that comes from run directories is escaped by the templates.
pub(super) fn page(comparison: &Comparison) -> String {
    let marks = comparison.table().marks();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Comparison of " (comparison.methods().len()) " methods" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Comparison of " (comparison.methods().len()) " methods" }
                p.lead { (CAPTION) ". Each dot is a run; the bar spans one standard deviation to either side of the mean." }
                div.scroll { (results(comparison, &marks)) }
                ul.notes {
                    @if marks.iter().flatten().any(|marked| *marked) {
                        li { span.mark { "★" } " best of its column, ahead of the runner-up by Welch's t-test at 5 %" }
                    }
                    @for note in comparison.notes() { li { (crate::visible(note)) } }
                }
                (differences(comparison))
                (sources(comparison))
                footer { "Made by Consilience " (env!("CARGO_PKG_VERSION")) }
            }
        }
    };
    markup.into_string()
}

fn results(comparison: &Comparison, marks: &[Vec<bool>]) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "method" }
                    th.number scope="col" { "runs" }
                    @for (_, measure) in &comparison.measures {
                        th.number scope="col" title=(measure) {
                            (crate::visible(&measure.heading()))
                            @match measure.best() {
                                Best::Highest => span.direction title="higher is better" { " ↑" },
                                Best::Lowest => span.direction title="lower is better" { " ↓" },
                                Best::Unmarked => {},
                            }
                        }
                    }
                }
            }
            tbody {
                @for (method, marks) in comparison.methods().iter().zip(marks) {
                    tr {
                        th scope="row" { div.name { (crate::visible(&method.label)) } }
                        td.number { (method.count()) }
                        @for (measure, marked) in comparison.measures.iter().zip(marks) {
                            (cell(comparison, method, measure, *marked))
                        }
                    }
                }
            }
        }
    }
}

fn cell(comparison: &Comparison, method: &Method, measure: &(usize, Measure), marked: bool) -> Markup {
    let factor = measure.1.factor();
    let values = comparison.values(method, measure, factor);
    let Content::Measured(measured) = Cell::of(values.iter().copied()).content else {
        return html! { td.number.missing { "–" } };
    };
    let all: Vec<f64> =
        comparison.methods().iter().flat_map(|method| comparison.values(method, measure, factor)).collect();
    html! {
        td.number.best[marked] {
            @if marked { span.mark { "★" } " " }
            (measured)
            (strip(&values, measured.mean, measured.sd, &all))
        }
    }
}

/// Where the runs of a method lie among those of all methods.
fn strip(values: &[f64], mean: f64, sd: Option<f64>, all: &[f64]) -> Markup {
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (width, height) = STRIP;
    let margin = 4.0;
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return html! {};
    }
    let place = |value: f64| {
        let place = margin + (value - low) / span * (width - 2.0 * margin);
        format!("{:.1}", place.clamp(0.0, width))
    };
    let middle = height / 2.0;
    html! {
        svg.strip viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) aria-hidden="true" {
            line.range x1="0" x2=(width) y1=(middle) y2=(middle) {}
            @if let Some(sd) = sd {
                line.deviation x1=(place(mean - sd)) x2=(place(mean + sd)) y1=(middle) y2=(middle) {}
            }
            @for value in values { circle cx=(place(*value)) cy=(middle) r="2.5" {} }
            line.mean x1=(place(mean)) x2=(place(mean)) y1="2" y2=(height - 2.0) {}
        }
    }
}

/// The settings in which the methods differ.
fn differences(comparison: &Comparison) -> Markup {
    let flats: Vec<settings::Flat> =
        comparison.methods().iter().map(|method| method.settings.iter().cloned().collect()).collect();
    let keys = settings::differing(&flats.iter().collect::<Vec<_>>());
    if keys.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Settings that differ" }
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { "method" }
                        @for key in &keys { th scope="col" { code { (crate::visible(key)) } } }
                    }
                }
                tbody {
                    @for (method, flat) in comparison.methods().iter().zip(&flats) {
                        tr {
                            th scope="row" { div.name { (crate::visible(&method.label)) } }
                            @for key in &keys {
                                @match flat.get(key) {
                                    Some(value) => td { code { (crate::visible(value)) } },
                                    None => td.missing { "–" },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Which run directories the numbers are from.
fn sources(comparison: &Comparison) -> Markup {
    let directory = |run: usize| comparison.runs()[run].directory.display().to_string();
    html! {
        h2 { "Runs" }
        @for method in comparison.methods() {
            details {
                summary { (crate::visible(&method.label)) " (" (method.count()) ")" }
                ul {
                    @for &run in &method.finished {
                        li { code { (crate::visible(&directory(run))) } " seed " (comparison.runs()[run].description.seed) }
                    }
                    @for &run in &method.unfinished {
                        li.missing { code { (crate::visible(&directory(run))) } " not finished: left out" }
                    }
                    @for &run in &method.repeated {
                        li.missing { code { (crate::visible(&directory(run))) } " made again later: left out" }
                    }
                }
            }
        }
    }
}
