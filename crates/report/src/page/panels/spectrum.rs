//! The eigenvalues of the outputs' kernel.

use super::{Drawn, Frame, Section, about, style};
use crate::page::data::{Data, Scree};
use crate::page::document::Page;
use crate::page::meaning::meaning;
use crate::page::run::Run;
use crate::page::series::Series;
use maud::html;

const TOP: &str = "kernel_spectrum_top_";
const RANKS: [&str; 2] = ["kernel_spectrum_participation_ratio", "kernel_spectrum_effective_rank"];
const CONDITION: &str = "kernel_spectrum_condition_number";

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let mut frames = Vec::new();
    let tops: Vec<(usize, Vec<&Series>)> =
        page.runs.iter().map(tops).enumerate().filter(|(_, tops)| !tops.is_empty()).collect();
    if let ([_], [(run, tops)]) = (page.runs, tops.as_slice()) {
        let lines = tops.iter().map(|series| Drawn { run: *run, name: &series.name, series }).collect();
        let meaning = meaning(page.meanings, &tops[0].name);
        let title = format!("{} largest eigenvalues of K", tops.len());
        frames.push(Frame { title, meaning, may_be_log: true, lines, background: None, is_ordered: true });
    } else if let Some((_, tops)) = tops.first() {
        frames.extend(tops.iter().take(1).flat_map(|series| Frame::of(page, "", &[series.name.as_str()])));
    }
    frames.extend(Frame::of(page, "over how many directions K spreads", &RANKS));
    frames.extend(Frame::of(page, "", &[CONDITION]));
    if frames.is_empty() {
        return None;
    }
    let scree = tops.first().map(|(_, first)| {
        let spectra = tops.iter().map(|(run, tops)| {
            let (class, dash) = style(*run);
            data.spectrum(*run, class, dash, tops)
        });
        let spectra = spectra.collect();
        data.add_scree(Scree { id: "scree".to_owned(), spectra });
        html! {
            figure.scree #scree {
                figcaption {
                    div.head { h3 { "spectrum at one step" } output.now {} }
                    (about(&[], &crate::page::meaning::Meaning {
                        summary: format!("the {} largest eigenvalues at the step under the cursor; without one, at the last", first.len()),
                        ..Default::default()
                    }))
                }
                div.plot {}
            }
        }
    });
    let charts: Vec<_> = frames.iter().map(|frame| frame.lay_out(page, data)).collect();
    Some(Section {
        id: "spectrum",
        title: "Spectrum of the kernel".to_owned(),
        short: "Spectrum",
        lead: Some(
            "A kernel of few large eigenvalues treats most examples alike; one of many tells them all apart."
                .to_owned(),
        ),
        body: html! {
            div.grid {
                @for (index, chart) in charts.iter().enumerate() {
                    (chart)
                    @if index == 0 { @if let Some(scree) = &scree { (scree) } }
                }
            }
        },
    })
}

/// The recorded eigenvalues of a run, the largest first, without those that are never defined.
fn tops(run: &Run) -> Vec<&Series> {
    let mut tops: Vec<(usize, &Series)> = run
        .series
        .iter()
        .filter(|series| series.part.is_none() && series.last().is_some())
        .filter_map(|series| Some((series.name.strip_prefix(TOP)?.parse().ok()?, series)))
        .collect();
    tops.sort_by_key(|(place, _)| *place);
    tops.into_iter().map(|(_, series)| series).collect()
}
