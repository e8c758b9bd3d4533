//! Tables as people read them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use consilience_figure::{Best, Cell, Table, Within};

/// Two data sets, two values each, three methods.
fn small() -> Table {
    Table::new("Test accuracy (%) under 50 % label noise")
        .label("method")
        .group("CIFAR-10", ["final", "maximum"])
        .columns(["SVHN"])
        .best(Best::Highest)
        .row(["SGD"], [Cell::of([92.2, 92.3, 92.5]).paper("92.33"), Cell::of([93.0]), Cell::text("diverged")])
        .row(["GN & FT"], [Cell::of([90.1, 89.9, 90.0]), Cell::of([93.1]).second(94.0), Cell::missing().paper("93.7")])
        .row(["UJ"], [Cell::of([f64::NAN, 1.0])])
}

#[test]
fn text() {
    let expected = "\
Test accuracy (%) under 50 % label noise
                 CIFAR-10
  method            final         maximum          SVHN
─────────────────────────────────────────────────────────
  SGD       *92.33 ± 0.15           93.00      diverged
             paper: 92.33
  GN & FT    90.00 ± 0.10   93.10 (94.00)             –
                                            paper: 93.7
  UJ                  NaN               –             –
*: best of its column, ahead of the runner-up by Welch's t-test at 5 %.
";
    let got = small().text(80);
    assert_eq!(got, expected, "\n{got}");
}

#[test]
fn latex() {
    let expected = r"\begin{table}
\centering
\caption{Test accuracy (\%) under 50 \% label noise}
\begin{tabular}{lrrr}
\toprule
 & \multicolumn{2}{c}{CIFAR-10} &  \\
\cmidrule(lr){2-3}
method & final & maximum & SVHN \\
\midrule
SGD & $\mathbf{92.33 \pm 0.15}$ {\footnotesize [92.33]} & $93.00$ & diverged \\
GN \& FT & $90.00 \pm 0.10$ & $93.10$ $(94.00)$ & -- {\footnotesize [93.7]} \\
UJ & $\mathrm{NaN}$ & -- & -- \\
\bottomrule
\end{tabular}

{\footnotesize Bold: best of its column, ahead of the runner-up by Welch's t-test at 5 \%.}

{\footnotesize In brackets: the paper's values.}
\end{table}
";
    assert_eq!(small().latex(), expected, "\n{}", small().latex());
}

#[test]
fn csv_is_long_and_complete() {
    let table = Table::new("")
        .label("noise, %")
        .group("a \"b\"", ["x"])
        .best(Best::Lowest)
        .row(["30"], [Cell::of([1.0, 2.0, 4.5]).second(0.5).paper("2.3 ± 1")]);
    let expected = "\
\"noise, %\",group,column,n,mean,sd,second,paper,text,best
30,\"a \"\"b\"\"\",x,3,2.5,1.8027756377319946,0.5,2.3 ± 1,,0
";
    assert_eq!(table.csv(), expected);
}

#[test]
fn markdown_of_methods_in_columns() {
    let table = Table::new("")
        .label("noise")
        .columns(["none|*", "MGS"])
        .within(Within::Row)
        .best(Best::Lowest)
        .second("minimum")
        .row(["0"], [Cell::of([68.0, 70.0, 66.0]).second(54.2), Cell::of([14.0, 14.5, 13.5]).second(13.8)]);
    let expected = "\
| noise | none\\|\\* | MGS |
|:---|---:|---:|
| 0 | 68.0 ± 2.0 (54.2) | **14.0 ± 0.5** (13.8) |

Bold: best of its row, ahead of the runner-up by Welch's t-test at 5 %.

In parentheses: minimum.
";
    assert_eq!(table.markdown(), expected);
}

#[test]
fn wide_tables_are_cut_into_blocks() {
    let names: Vec<String> = (0..11).map(|noise| format!("{} %", noise * 10)).collect();
    let cells = || (0..11).map(|noise| Cell::of([f64::from(noise), f64::from(noise) + 1.0]));
    let table = Table::new("").label("method").columns(names).row(["unregularised"], cells()).row(["MGS"], cells());
    for width in [20, 40, 60, 80, 200] {
        let text = table.text(width);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
        for noise in 0..11 {
            assert_eq!(text.matches(&format!(" {} %", noise * 10)).count(), 1, "{width}: {noise}\n{text}");
        }
    }
    assert_eq!(table.text(200).matches("MGS").count(), 1);
}

#[test]
fn hostile_tables() {
    let empty = Table::new("");
    let nameless = Table::default().row(["a", "b"], [Cell::of([1.0]), Cell::of([])]).row([""; 0], []);
    let long = "word ".repeat(200) + &"x".repeat(300);
    let words =
        Table::new(long.clone()).label(long.clone()).columns([long.clone()]).row([long.clone()], [Cell::text(long)]);
    let numbers = Table::new("")
        .best(Best::Highest)
        .columns(["a\nb"])
        .row(["\u{7}"], [Cell::of([f64::MAX, f64::MAX])])
        .row(["x"], [Cell::of([f64::INFINITY, f64::NEG_INFINITY]).second(f64::NAN).paper("")]);
    for table in [empty, nameless, words, numbers] {
        for width in [0, 1, 30, 1000, usize::MAX] {
            table.text(width);
        }
        assert!(table.latex().ends_with("\\end{table}\n"));
        table.csv();
        table.markdown();
    }
}
