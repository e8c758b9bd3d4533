//! Where the time went.

use super::{Drawn, Frame, Section, grid};
use crate::page::data::Data;
use crate::page::document::Page;
use crate::page::meaning::{Meaning, Unit};
use crate::page::number::{duration, percent};
use crate::page::run::Run;
use crate::page::series::Series;
use maud::{Markup, html};

/// Kinds of times: the recorded name, the title, what it is.
const KINDS: [(&str, &str, &str); 3] = [
    ("step", "time of a step", "batch, forward and backward pass, update; with the quantities due at the step"),
    ("evaluation", "time of an evaluation", "losses and accuracies on training, test and validation data"),
    ("measurement", "time of a measurement", "measurements and scores of the whole training set"),
];

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let mut own: Vec<(usize, Series)> = Vec::new();
    for (run, read) in page.runs.iter().enumerate() {
        for (kind, ..) in KINDS {
            let times: Vec<_> = read.timings.iter().filter(|timing| timing.kind == kind).collect();
            if !times.is_empty() {
                let mut steps: Vec<u64> = times.iter().map(|timing| timing.step).collect();
                let values = times.iter().map(|timing| timing.seconds).collect();
                // Foreign files may go back in time.
                for index in 1..steps.len() {
                    steps[index] = steps[index].max(steps[index - 1]);
                }
                own.push((run, Series { kind: kind.to_owned(), name: kind.to_owned(), part: None, steps, values }));
            }
        }
    }
    let frames: Vec<Frame<'_>> = KINDS
        .iter()
        .filter_map(|(kind, title, summary)| {
            let lines: Vec<Drawn<'_>> = own
                .iter()
                .filter(|(_, series)| series.kind == *kind)
                .map(|(run, series)| Drawn { run: *run, name: kind, series })
                .collect();
            let meaning = Meaning {
                title: (*title).to_owned(),
                summary: (*summary).to_owned(),
                unit: Unit::Seconds,
                ..Meaning::default()
            };
            let frame = Frame {
                title: (*title).to_owned(),
                meaning,
                may_be_log: true,
                lines,
                background: None,
                is_ordered: false,
            };
            (!frame.lines.is_empty()).then_some(frame)
        })
        .collect();
    if frames.is_empty() {
        return None;
    }
    let lead = match page.runs {
        [run] => Some(spent(run)),
        _ => None,
    };
    let body = html! {
        @if page.runs.len() > 1 { (table(page)) }
        (grid(&frames, page, data))
    };
    Some(Section { id: "time", title: "Time".to_owned(), short: "Time", lead, body })
}

fn total(run: &Run, kind: &str) -> f64 {
    run.timings.iter().filter(|timing| timing.kind == kind).map(|timing| timing.seconds.max(0.0)).sum()
}

/// How the time of a run is divided, in a sentence.
fn spent(run: &Run) -> String {
    let parts = KINDS.iter().map(|(kind, ..)| (*kind, total(run, kind))).filter(|(_, seconds)| *seconds > 0.0);
    let all = run.description.seconds;
    let parts = parts.map(|(kind, seconds)| {
        let share = all
            .filter(|all| *all >= seconds && *all > 0.0)
            .map_or_else(String::new, |all| format!(" ({})", percent(seconds / all)));
        format!("{} in {kind}s{share}", duration(seconds))
    });
    let parts = parts.collect::<Vec<_>>().join(", ");
    all.map_or_else(
        || format!("{parts}."),
        |all| format!("{} in all: {parts}; the rest is reading data and writing.", duration(all)),
    )
}

fn table(page: &Page<'_>) -> Markup {
    html! {
        div.scroll {
            table.figures {
                thead { tr { th scope="col" { "run" } th.number scope="col" { "in all" } @for (kind, ..) in &KINDS[..] { th.number scope="col" { (kind) "s" } } } }
                tbody {
                    @for (index, run) in page.runs.iter().enumerate() {
                        tr {
                            th scope="row" { div.called { (super::swatch(index)) (run.name) } }
                            td.number { (run.description.seconds.map_or_else(|| "–".to_owned(), duration)) }
                            @for (kind, ..) in &KINDS {
                                @let seconds = total(run, kind);
                                td.number { @if seconds > 0.0 { (duration(seconds)) } @else { "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
