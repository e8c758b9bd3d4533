//! Runs to look at, written as a run writes them.

use consilience_record::{
    Cells, Column, DataDescription, IfExists, Metrics, Program, RunDescription, RunWriter, Timing,
};
use consilience_report::page::{Boundary, Extra, Meanings, Page, Picture, Pictures, Point, Run, Surface, name_apart};
use std::fs;
use std::path::{Path, PathBuf};

/// A run of so many steps to be written.
#[derive(Clone)]
pub struct Sketch {
    pub method: String,
    pub seed: u64,
    pub steps: u64,
    /// Steps between measurements.
    pub every: u64,
    pub error: Option<String>,
    pub examples: usize,
}

impl Sketch {
    pub fn new(method: &str, steps: u64) -> Self {
        Self { method: method.to_owned(), seed: 1, steps, every: 10, error: None, examples: 0 }
    }

    /// Writes the run below `parent`.
    pub fn write(&self, parent: &Path, name: &str) -> PathBuf {
        let directory = parent.join(name);
        let description = RunDescription {
            method: self.method.clone(),
            seed: self.seed,
            program: Program { name: "consilience".into(), version: "0.1.0".into(), command: vec!["consilience".into()], threads: 2 },
            data: DataDescription {
                source: "strokes".into(),
                train: self.examples.max(100),
                train_corrupt: self.examples / 4,
                test: 50,
                validation: None,
                shape: vec![4, 4, 1],
                outputs: 10,
                notes: Vec::new(),
            },
            settings: "seed = 1\n[model]\nname = \"mlp\"\nwidths = [8]\n[train]\nlearning_rate = 0.1\nquote = \"a \\\"b\\\" <i>c</i>\"\n"
                .parse()
                .unwrap(),
            ..RunDescription::default()
        };
        let mut writer = RunWriter::create(&directory, description, IfExists::Refuse).unwrap();
        for step in 0..self.steps {
            self.step(&mut writer, step);
        }
        if self.examples > 0 {
            writer.write_examples(&self.table()).unwrap();
        }
        match &self.error {
            None => writer.finish(&[]).unwrap(),
            Some(error) => writer.fail(error.clone(), &[]).unwrap(),
        }
        directory
    }

    fn step(&self, writer: &mut RunWriter, step: u64) {
        let epoch = step / 50;
        let falling = 2.0 / (1.0 + step as f64 / 40.0) + self.seed as f64 * 0.05;
        // one spike, which no thinning may lose
        let spike = if step == self.steps / 3 { 7.5 } else { 0.0 };
        let mut line = Metrics::new("step", step, epoch)
            .with("loss", falling + 0.1 * ((step * 7919 % 101) as f64 / 101.0) + spike);
        if step.is_multiple_of(self.every) {
            for (index, name) in
                ["gsnr_mean", "gsnr_median", "gsnr_p5", "gsnr_p95", "m_coherence", "trace_kernel"].iter().enumerate()
            {
                line = line.with(*name, falling * (index + 1) as f64);
            }
            for layer in ["0.weight", "0.bias", "2.weight", "2.bias"] {
                line = line.with(format!("gsnr_mean/{layer}"), falling * layer.len() as f64);
            }
            for place in 1..=5 {
                line = line
                    .with(format!("kernel_spectrum_top_{place}"), 1000.0 / f64::from(place * place) * (1.0 + falling));
            }
            line = line.with("kernel_spectrum_effective_rank", 3.0 + falling).with("of_my_own", f64::NAN);
        }
        writer.write_metrics(&line).unwrap();
        writer.write_timing(&Timing { kind: "step".into(), step, seconds: 0.002 }).unwrap();
        if (step + 1).is_multiple_of(50) {
            let share = 1.0 - 1.0 / (1.0 + step as f64 / 30.0);
            let line = Metrics::new("evaluation", step + 1, epoch)
                .with("train_loss", falling)
                .with("train_accuracy", share)
                .with("test_loss", falling + 0.2)
                .with("test_accuracy", 0.9 * share)
                .with("pristine_accuracy", share)
                .with("corrupt_accuracy", if self.examples > 0 { share / 2.0 } else { f64::NAN });
            writer.write_metrics(&line).unwrap();
        }
    }

    fn table(&self) -> Vec<Column> {
        let rows = 0..self.examples as u64;
        let corrupt: Vec<bool> = rows.clone().map(|row| row % 4 == 0).collect();
        let given: Vec<u32> = rows.clone().map(|row| (row % 10) as u32).collect();
        let truth = given
            .iter()
            .zip(&corrupt)
            .map(|(label, corrupt)| if *corrupt { (label + 1) % 10 } else { *label })
            .collect();
        let score = |shift: f64| {
            let values =
                rows.clone().map(|row| Some((row * 37 % 101) as f64 / 101.0 - if row % 4 == 0 { shift } else { 0.0 }));
            Cells::Numbers(values.collect())
        };
        vec![
            Column::new("id", Cells::Ids(rows.clone().map(|row| 1000 + row).collect())),
            Column::new("given_label", Cells::Classes(given)),
            Column::new("true_label", Cells::Classes(truth)),
            Column::new("corrupt", Cells::Flags(corrupt)),
            Column::new("agreement", score(0.8)),
            Column::new("aum", score(0.5)),
        ]
    }
}

/// Reads `directories` and writes their page.
pub fn page(directories: &[PathBuf], file: &Path) -> String {
    let runs: Vec<Run> = directories.iter().map(|directory| Run::read(directory).unwrap()).collect();
    write(runs, file)
}

/// Writes the page of `runs`.
pub fn write(mut runs: Vec<Run>, file: &Path) -> String {
    name_apart(&mut runs);
    let html = Page::new(&runs, &Meanings::new()).render();
    fs::write(file, &html).unwrap();
    html
}

/// With pictures of the suspicious examples, and a plane of two classes.
pub fn with_extras(mut run: Run) -> Run {
    let picture = |row: usize| Picture {
        width: 4,
        height: 4,
        channels: 1,
        pixels: (0..16).map(|at| (at * row % 256) as u8).collect(),
    };
    run.pictures =
        Extra::Here(Pictures { of_rows: run.suspects().into_iter().map(|row| (row, picture(row))).collect() });
    let side = 40;
    let inside = |cell: usize| {
        let (x, y) = ((cell % side) as f64 / 20.0 - 1.0, (cell / side) as f64 / 20.0 - 1.0);
        1.0 / (1.0 + ((x * x + y * y - 0.4) * 8.0).exp())
    };
    let cells: Vec<f64> = (0..side * side).map(inside).collect();
    run.boundary = Extra::Here(Boundary {
        side,
        x: (-1.0, 1.0),
        y: (-1.0, 1.0),
        surface: Surface::Classes {
            classes: 2,
            class: cells.iter().map(|inside| usize::from(*inside > 0.5)).collect(),
            probability: Some(cells.iter().map(|inside| inside.max(1.0 - inside)).collect()),
        },
        points: vec![
            Point { x: 0.1, y: 0.2, target: 1.0, corrupt: false },
            Point { x: 0.8, y: -0.7, target: 0.0, corrupt: true },
        ],
    });
    run
}
