//! The panels of a page: each takes what was read of the runs and gives a section, or nothing when no run has what it shows.

mod boundary;
mod curves;
mod examples;
mod layers;
mod notes;
pub(super) mod overview;
mod pristine;
mod settings;
mod spectrum;
mod time;

pub use curves::has_group;

use super::data::{Chart, Data};
use super::document::Page;
use super::meaning::{Meaning, Unit, meaning};
use super::run::Run;
use super::series::Series;
use maud::{Markup, html};

/// A part of the page.
#[derive(Debug)]
pub(super) struct Section {
    /// Its place in addresses.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// Its name where there is little room.
    pub short: &'static str,
    /// A sentence on how to read it.
    pub lead: Option<String>,
    /// The rest.
    pub body: Markup,
}

/// How many colours the palette has; further runs are dashed.
const PALETTE: usize = 7;

/// Every section that has something to show, in the order of the page.
pub(super) fn all(page: &Page<'_>, data: &mut Data) -> Vec<Section> {
    let mut sections = Vec::new();
    sections.extend(notes::panel(page));
    sections.extend(overview::panel(page));
    sections.extend(curves::panels(page, data));
    sections.extend(pristine::panel(page, data));
    sections.extend(layers::panel(page, data));
    sections.extend(spectrum::panel(page, data));
    sections.extend(boundary::panel(page, data));
    sections.extend(examples::panel(page, data));
    sections.extend(time::panel(page, data));
    sections.extend(settings::panel(page));
    sections
}

/// The class of the style sheet and the dash pattern of run or line number `index`.
fn style(index: usize) -> (String, usize) {
    (format!("k{}", index % PALETTE), index / PALETTE % 4)
}

/// A sample of the line of run or line number `index`.
pub(super) fn swatch(index: usize) -> Markup {
    let (class, dash) = style(index);
    sample(&class, dash)
}

/// A sample of a line.
fn sample(class: &str, dash: usize) -> Markup {
    html! {
        svg.swatch viewBox="0 0 22 8" width="22" height="8" aria-hidden="true" {
            line.(class).{ "d" (dash) } x1="1" y1="4" x2="21" y2="4" {}
        }
    }
}

/// One line of a frame before it is laid out: the run, the recorded name, its numbers.
struct Drawn<'a> {
    run: usize,
    name: &'a str,
    series: &'a Series,
}

/// A frame of lines over training.
struct Frame<'a> {
    /// Its heading.
    title: String,
    /// What the page says below it.
    meaning: Meaning,
    /// Whether the script may choose a logarithmic scale.
    may_be_log: bool,
    lines: Vec<Drawn<'a>>,
    /// Lines in the background, which the legend names together.
    background: Option<(&'static str, Vec<Drawn<'a>>)>,
    /// Whether the lines are in an order, from large to small.
    is_ordered: bool,
}

impl<'a> Frame<'a> {
    /// Of the values `names`, of those runs that have them. With several runs each value needs a frame of its own, so that there
    /// is one per name; with one run all are lines of one frame. Nothing where nothing was recorded.
    fn of(page: &Page<'a>, title: &str, names: &[&'a str]) -> Vec<Self> {
        let drawn = |name: &'a str| -> Vec<Drawn<'a>> {
            let runs = page.runs.iter().enumerate();
            runs.filter_map(|(run, read)| Some(Drawn { run, name, series: read.series(name)? })).collect()
        };
        let frame = |title: String, meaning: Meaning, lines: Vec<Drawn<'a>>| Self {
            title,
            meaning,
            may_be_log: true,
            lines,
            background: None,
            is_ordered: false,
        };
        if page.runs.len() > 1 || names.len() == 1 {
            let frames = names.iter().map(|name| {
                let meaning = meaning(page.meanings, name);
                frame(meaning.title.clone(), meaning, drawn(name))
            });
            return frames.filter(|frame| !frame.lines.is_empty()).collect();
        }
        let lines: Vec<Drawn<'a>> = names.iter().flat_map(|name| drawn(name)).collect();
        let Some(first) = lines.first() else { return Vec::new() };
        let first = meaning(page.meanings, first.name);
        let title = if lines.len() == 1 || title.is_empty() { first.title.clone() } else { title.to_owned() };
        let mut meaning = first;
        if lines.iter().any(|line| self::meaning(page.meanings, line.name).summary != meaning.summary) {
            // What is said of one line would be read as said of all; the legend says what each is.
            meaning.summary.clear();
            meaning.explanation.clear();
        }
        vec![frame(title, meaning, lines)]
    }

    /// On a scale that starts linear.
    fn linear(mut self) -> Self {
        self.may_be_log = false;
        self
    }

    fn is_share(&self) -> bool {
        self.meaning.unit == Unit::Share
    }

    /// The markup, its lines added to `data`.
    fn lay_out(&self, page: &Page<'_>, data: &mut Data) -> Markup {
        let several_runs = page.runs.len() > 1;
        let id = format!("chart-{}", data.charts());
        let mut lines = Vec::new();
        for Drawn { run, name, series } in self.background.iter().flat_map(|(_, lines)| lines) {
            let label = series
                .part
                .as_ref()
                .map_or_else(|| (*name).to_owned(), |part| format!("{name}, {}", part.replace('_', " ")));
            lines.push(data.line(*run, &label, "muted".to_owned(), 0, series));
        }
        for (index, Drawn { run, name, series }) in self.lines.iter().enumerate() {
            let (class, dash) = self.style(several_runs, index, *run);
            let label = if several_runs { page.runs[*run].name.clone() } else { meaning(page.meanings, name).title };
            lines.push(data.line(*run, &label, class, dash, series));
        }
        // What is drawn first lies below.
        lines.sort_by_key(|line| !line.style.ends_with("thin"));
        data.add_chart(Chart {
            id: id.clone(),
            title: self.title.clone(),
            unit: self.meaning.unit.name(),
            may_be_log: self.may_be_log && !self.is_share(),
            lines,
        });
        let names: Vec<&str> = self.lines.iter().map(|line| line.name).collect();
        html! {
            figure.chart id=(id) {
                figcaption {
                    div.head { h3 { (self.title) } output.now {} }
                    (self.about(&names))
                    @if !several_runs && (self.lines.len() > 1 || self.background.is_some()) {
                        ul.legend {
                            @for (index, line) in self.lines.iter().enumerate() {
                                @let (class, dash) = self.style(false, index, 0);
                                @let meaning = meaning(page.meanings, line.name);
                                li title=(meaning.summary) { (sample(&class, dash)) (meaning.title) }
                            }
                            @if let Some((name, _)) = &self.background { li { (sample("muted", 0)) (name) } }
                        }
                    }
                }
                div.plot {}
            }
        }
    }

    fn style(&self, several_runs: bool, index: usize, run: usize) -> (String, usize) {
        if several_runs {
            style(run)
        } else if self.lines.len() > 1 && self.lines[index].name == "loss" {
            // Every batch's loss is a cloud, through which the lines of the evaluations must be seen.
            ("k6 thin".to_owned(), 0)
        } else if self.is_ordered {
            (format!("o{}", index.min(4)), 0)
        } else {
            style(index)
        }
    }

    /// What is drawn, in a line, and its page where there is one.
    fn about(&self, names: &[&str]) -> Markup {
        about(names, &self.meaning)
    }
}

/// The recorded names and one line on what they are; the whole explanation folded away.
fn about(names: &[&str], meaning: &Meaning) -> Markup {
    let mut names = names.to_vec();
    names.dedup();
    html! {
        @if meaning.explanation.is_empty() {
            p.meaning { @for name in &names { code { (name) } " " } (meaning.summary) }
        } @else {
            details.meaning {
                summary { @for name in &names { code { (name) } " " } (meaning.summary) }
                @for line in meaning.explanation.lines() {
                    @match line.split_once(": ") {
                        Some((heading, text)) if heading.len() < 30 => p { b { (heading) ". " } (text) },
                        _ => p { (line) },
                    }
                }
            }
        }
    }
}

/// Frames side by side.
fn grid(frames: &[Frame<'_>], page: &Page<'_>, data: &mut Data) -> Markup {
    html! { div.grid { @for frame in frames { (frame.lay_out(page, data)) } } }
}

/// The buttons that choose one of several runs, where a panel shows one at a time.
fn run_choice(page: &Page<'_>, name: &str, runs: &[usize]) -> Markup {
    html! {
        @if page.runs.len() > 1 && runs.len() > 1 {
            label.pick { "run "
                select data-pick=(name) {
                    @for run in runs { option value=(run) { (page.runs[*run].name) } }
                }
            }
        }
    }
}

/// The run itself where there is but one, for what is said of it alone.
fn only<'a>(page: &Page<'a>) -> Option<&'a Run> {
    match page.runs {
        [run] => Some(run),
        _ => None,
    }
}
