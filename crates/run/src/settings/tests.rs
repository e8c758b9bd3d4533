//! Bad settings, each with the exact words that answer it.

use super::{Configuration, Method, Override, Plan};
use crate::SettingsError;
use consilience_data::{LabelNoiseKind, Source};
use consilience_train::{AggregatorSpec, BatchSize};

const GOOD: &str = r#"seed = 1
[data]
source = "two_circles"
[model]
name = "mlp"
widths = [8]
[train]
epochs = 2
"#;

fn plan(text: &str, overrides: &[(&str, &str)]) -> Result<Plan, SettingsError> {
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(path, value)| Override {
            path: path.split('.').map(str::to_owned).collect(),
            value: (*value).to_owned(),
        })
        .collect();
    Plan::parse("c", "c.toml", text, &overrides)
}

/// The error and its hints, one line each.
fn refusal(text: &str, overrides: &[(&str, &str)]) -> String {
    let failure = plan(text, overrides).unwrap_err();
    std::iter::once(failure.message).chain(failure.hints).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_bad_setting_is_refused_with_place_and_suggestion() {
    let cases: &[(&str, &str)] = &[
        // not TOML
        ("seed = ", "not valid TOML: string values must be quoted, expected literal string (c.toml, line 1)"),
        // unknown keys, at every depth
        ("sed = 1", "unknown key `sed` in the top level (c.toml, line 1)\ndid you mean `seed`?"),
        ("seed = 1\nmethods = 3", "unknown key `methods` in the top level (c.toml, line 2)\ndid you mean `method`?"),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\nepoch = 3",
            "unknown key `epoch` in [train] (c.toml, line 6)\ndid you mean `epochs`?",
        ),
        (
            "[data]\nsource = 'mnist'\n\n[model]\nname = 'mlp'\nwidth = [3]",
            "unknown key `width` in [model] (c.toml, line 6)\ndid you mean `widths`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[data.label_noise]\nkind = 'permute'\nfractoin = 0.5",
            "unknown key `fractoin` in [data.label_noise] (c.toml, line 5)\ndid you mean `fraction`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\naggregator = { kind = 'winsorized', cuont = 2 }",
            "unknown key `cuont` in [train.aggregator] (c.toml, line 6)\ndid you mean `count`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'custom'\nlayers = [\n{ kind = 'flatten' },\n{ kind = 'linear', feature = 10 },\n]",
            "unknown key `feature` in [model.layers.1] (c.toml, line 7)\ndid you mean `features`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'logistic'\nzebra = 1",
            "unknown key `zebra` in [model] (c.toml, line 5)\nno keys can be set here",
        ),
        // unknown choices
        (
            "[data]\nsource = 'mnits'",
            "unknown choice \"mnits\" for `data.source` (c.toml, line 2)\ndid you mean `mnist`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'lenet'",
            "unknown choice \"lenet\" for `model.name` (c.toml, line 4)\ndid you mean `lenet5`?",
        ),
        (
            "initialisation = 'xyz'\n[data]\nsource = 'mnist'",
            "unknown choice \"xyz\" for `initialisation` (c.toml, line 1)\nvalid choices are glorot_normal, glorot_uniform, \
             he_normal, he_uniform, coherent_gradients, torch_default",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\naggregator = { kind = 'winsorised' }",
            "unknown choice \"winsorised\" for `train.aggregator.kind` (c.toml, line 6)\ndid you mean `winsorized`?",
        ),
        // missing keys
        ("[data]\nsource = 'mnist'", "missing key `model` in the top level (c.toml, line 1)"),
        ("seed = 1\n[data]\ntrain = 3", "missing key `source` in [data] (c.toml, line 2)"),
        ("[data]\nsource = 'mnist'\n[model]\nwidths = [3]", "missing key `name` in [model] (c.toml, line 3)"),
        // wrong types
        ("seed = 'one'", "`seed`: expected a whole number without a sign, found the text \"one\" (c.toml, line 1)"),
        ("seed = -1", "`seed`: expected a whole number without a sign, found -1 (c.toml, line 1)"),
        ("seed = 99999999999999999999", "the whole number 99999999999999999999 is too large (c.toml, line 1)"),
        ("data = 3", "`data`: expected a table, found 3 (c.toml, line 1)"),
        (
            "[data]\nsource = 'mnist'\ntrain = 0.5",
            "`data.train`: expected a whole number without a sign, found 0.5 (c.toml, line 3)",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\nwidths = [3,\n'4']",
            "`model.widths.1`: expected a whole number without a sign, found the text \"4\" (c.toml, line 6)",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\naggregator = 'winsorized'",
            "`train.aggregator`: expected a table, found the text \"winsorized\" (c.toml, line 6)",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\nbatch_size = 'all'",
            "`train.batch_size`: expected a number of examples of at least 1, or \"full\", found the text \"all\" (c.toml, line 6)",
        ),
        // out of range
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\nlearning_rate = -1",
            "`train.learning_rate`: expected a finite number above 0, found -1 (c.toml, line 6)",
        ),
        (
            "[data]\nsource = 'mnist'\n[data.label_noise]\nkind = 'permute'\nfraction = 1.5\n[model]\nname = 'mlp'",
            "`data.label_noise.fraction`: expected a number from 0 to 1, found 1.5 (c.toml, line 5)",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[train]\nepochs = 1\nsteps = 2",
            "`train.epochs` and `train.steps` cannot both be given\nleave one of them out: `epochs` (c.toml, line 6), `steps` \
             (c.toml, line 7)",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[monitor]\nquantities = ['gnsr']",
            "unknown quantity \"gnsr\" in `monitor.quantities` (c.toml, line 6)\ndid you mean `gsnr`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[monitor]\nscores = ['aun']",
            "unknown score \"aun\" in `monitor.scores` (c.toml, line 6)\ndid you mean `aum`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[monitor]\nshares = { every = 0 }",
            "`monitor.shares.every`: expected a number of steps of at least 1, \"log\", or a list of steps, found 0 (c.toml, line 6)",
        ),
        // methods
        (
            "method = 3",
            "`method`: expected a list of tables, found 3 (c.toml, line 1)\nwrite [[method]] with two pairs of brackets, then \
             name = \"...\" and set = { ... }",
        ),
        ("[[method]]\nset = {}", "missing key `name` in [[method]] (c.toml, line 1)"),
        ("[[method]]\nname = 'a'\nsett = {}", "unknown key `sett` in [[method]] (c.toml, line 3)\ndid you mean `set`?"),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[[method]]\nname = 'a'\nset = { 'train.epoch' = 3 }",
            "unknown key `epoch` in [train] (c.toml, line 7)\ndid you mean `epochs`?",
        ),
        (
            "[data]\nsource = 'mnist'\n[model]\nname = 'mlp'\n[[method]]\nname = 'C = 1'\n[[method]]\nname = 'c: 1'",
            "the methods `C = 1` and `c: 1` would both write into c-1\ngive them names that differ in letters or digits",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(text, &[]), *expected, "\n{text}");
    }
}

#[test]
fn overrides_are_named_in_errors() {
    let cases: &[((&str, &str), &str)] = &[
        (
            ("train.learning_rat", "1"),
            "unknown key `learning_rat` in [train] (--set train.learning_rat=1)\ndid you mean `learning_rate`?",
        ),
        (
            ("train.epochs", "many"),
            "`train.epochs`: expected a whole number without a sign, found the text \"many\" (--set train.epochs=many)",
        ),
        (("train.epochs", "0"), "`train.epochs`: expected at least 1, found 0 (--set train.epochs=0)"),
        (("seed.deep", "0"), "`deep` cannot be set: what should hold it is 1, not a table (--set seed.deep=0)"),
        (
            ("train.epochs", "2.0"),
            "`train.epochs`: expected a whole number without a sign, found 2.0 (--set train.epochs=2.0)\n\
             write 2, without a decimal point",
        ),
        (
            ("model.widths", "[32, 32.0]"),
            "`model.widths.1`: expected a whole number without a sign, found 32.0 (--set model.widths=[32, 32.0])\n\
             write 32, without a decimal point",
        ),
        (
            ("model.widths", "(32,32)"),
            "`model.widths`: expected a list, found the text \"(32,32)\" (--set model.widths=(32,32))\n\
             a list is written in square brackets, like [32, 32]",
        ),
        (
            ("data.label_noise", "{kind='permute'"),
            "`data.label_noise`: expected a table, found the text \"{kind='permute'\" (--set data.label_noise={kind='permute')\n\
             the value was taken for text because it is not valid TOML: unclosed inline table, expected `}`",
        ),
        (
            ("train.penalty.1.weight", "1"),
            "`1` cannot be set: what should hold it is a list of 0 elements (--set train.penalty.1.weight=1)\n\
             elements are counted from 0, and 0 appends another",
        ),
        (
            ("data.source", "cifar"),
            "unknown choice \"cifar\" for `data.source` (--set data.source=cifar)\ndid you mean `cifar10`?",
        ),
    ];
    for (argument, expected) in cases {
        assert_eq!(refusal(GOOD, &[*argument]), *expected);
    }
}

/// Every value of `document` that is not a table or list, by dotted path.
fn leaves(prefix: &str, value: &toml::Value, into: &mut Vec<(String, String)>) {
    let path = |step: &str| if prefix.is_empty() { step.to_owned() } else { format!("{prefix}.{step}") };
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(key, value)| leaves(&path(key), value, into)),
        toml::Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(index, value)| leaves(&path(&index.to_string()), value, into));
        }
        leaf => into.push((prefix.to_owned(), leaf.to_string())),
    }
}

#[test]
fn every_setting_is_reached_by_a_flat_override() {
    let rich = r#"
        seed = 3
        data_seed = 4
        initialisation = "he_normal"
        data = { source = "strokes", train = 60, test = 20, label_noise = { kind = "permute", fraction = 0.5 } }
        [model]
        name = "custom"
        layers = [{ kind = "flatten" }, { kind = "linear", features = 10 }, { kind = "relu" }, { kind = "linear", features = 10 }]
        [train]
        steps = 7
        batch_size = 30
        learning_rate = { schedule = "cosine", start = 0.1, end = 0.01 }
        aggregator = { kind = "winsorized", count = 2 }
        frozen = ["0.weight"]
        evaluate_every = [1, 3]
        penalty = [{ kind = "weight", weight = 0.1 }, { kind = "fisher_trace", weight = 0.5 }]
        optimizer = [{ kind = "momentum", factor = 0.9, nesterov = true }, { kind = "clip_norm", max_norm = 1.5 }]
        [monitor]
        quantities = ["gsnr", "m_coherence"]
        every = 2
        scores = ["aum"]
        shares = { every = 5 }
    "#;
    let settings = plan(rich, &[]).unwrap().methods.remove(0).settings;
    let mut flat = Vec::new();
    leaves("", &toml::Value::try_from(&settings).unwrap(), &mut flat);
    assert!(flat.iter().any(|(path, _)| path == "train.penalty.1.weight") && flat.len() > 40, "{flat:?}");
    let flat: Vec<(&str, &str)> = flat.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
    assert_eq!(plan("", &flat).unwrap().methods[0].settings, settings);
    let one = plan(rich, &[("train.penalty.1.weight", "2")]).unwrap().methods.remove(0).settings;
    assert_ne!(one, settings);
    assert_eq!(toml::Value::try_from(&one).unwrap()["train"]["penalty"][1]["weight"].as_float(), Some(2.0));
}

#[test]
fn a_sweep_is_kept_apart_and_can_be_overridden() {
    let text = format!("{GOOD}[sweep]\nseed = [1, 2]\n");
    let read = |overrides: &[(&str, &str)]| {
        let overrides = overrides.iter().map(|(path, value)| Override {
            path: path.split('.').map(str::to_owned).collect(),
            value: (*value).to_owned(),
        });
        Configuration::parse("c", "c.toml", &text, &overrides.collect::<Vec<_>>()).unwrap()
    };
    let configuration = read(&[("sweep.train.penalty.0.weight", "[3, 4]"), ("sweep.seed", "[5]"), ("seed", "9")]);
    let sweep = configuration.sweep.unwrap();
    let keys: Vec<&str> = sweep.entries().iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["seed", "train.penalty.0.weight"]);
    assert_eq!(sweep.find(["seed", "0"]).map(|node| node.value.describe()), Some("5".to_owned()));
    let draft = configuration.drafts.into_iter().next().unwrap();
    assert_eq!(Method::read(draft.name, draft.document).unwrap().settings.seed, 9);
    assert!(plan(&text, &[]).unwrap().has_sweep && !plan(GOOD, &[]).unwrap().has_sweep);
}

#[test]
fn a_number_without_a_point_is_a_number() {
    let plan = plan(GOOD, &[("train.learning_rate", "1")]).unwrap();
    assert_eq!(plan.methods[0].settings.train.learning_rate, 1.0.into());
}

#[test]
fn methods_go_before_the_file_and_the_command_line_before_both() {
    let text = format!(
        "{GOOD}learning_rate = 0.5\n[[method]]\nname = 'Plain SGD'\n[[method]]\nname = 'winsorized, c = 2'\n\
         set = {{ 'train.aggregator' = {{ kind = 'winsorized', percent = 2 }}, train.epochs = 7, seed = 9 }}\n"
    );
    let read = plan(
        &text,
        &[("train.learning_rate", "0.25"), ("seed", "3"), ("data.label_noise", "{kind='permute', fraction=1}")],
    )
    .unwrap();
    assert!(read.has_variants);
    let [plain, winsorized] = read.methods.as_slice() else { panic!("two methods") };
    assert_eq!((plain.slug.as_str(), winsorized.slug.as_str()), ("plain-sgd", "winsorized-c-2"));
    assert_eq!((plain.settings.seed, winsorized.settings.seed), (3, 3), "the command line goes before the method");
    assert_eq!(plain.settings.train.learning_rate, 0.25.into());
    assert_eq!((plain.settings.train.epochs, winsorized.settings.train.epochs), (Some(2), Some(7)));
    assert_eq!(plain.settings.train.aggregator, AggregatorSpec::Mean {});
    let expected = AggregatorSpec::Winsorized { percent: Some(2.0), count: None };
    assert_eq!(winsorized.settings.train.aggregator, expected);
    assert_eq!(plain.settings.data, winsorized.settings.data);
    assert_eq!(plain.settings.data.source, Source::TwoCircles);
    assert_eq!(plain.settings.data.label_noise.map(|noise| noise.kind), Some(LabelNoiseKind::Permute));
}

#[test]
fn the_command_line_takes_settings_out() {
    let text = format!(
        "{GOOD}[data.label_noise]\nkind = 'permute'\nfraction = 1\n[sweep]\nseed = [1, 2]\n'train.epochs' = [3]\n\
         [[method]]\nname = 'a'\n[[method]]\nname = 'b'\nset = {{ train.aggregator = {{ kind = 'winsorized', count = 2 }} }}\n"
    );
    let read = plan(&text, &[("data.label_noise", ""), ("train.epochs", ""), ("train.steps", "5")]).unwrap();
    for method in &read.methods {
        assert_eq!((method.settings.train.epochs, method.settings.train.steps), (None, Some(5)));
        assert_eq!(method.settings.data.label_noise, None);
    }
    let mean = plan(&text, &[("train.aggregator", "")]).unwrap();
    assert_eq!(mean.methods[1].settings.train.aggregator, AggregatorSpec::Mean {}, "what only one of the methods sets");
    assert!(!plan(&text, &[("method", "")]).unwrap().has_variants);
    assert!(!plan(&text, &[("sweep", "")]).unwrap().has_sweep);
    let nothing = |path: &str| {
        format!(
            "there is no `{path}` to take out (--set {path}=)\n\
             --set {path}=VALUE sets it; an empty text is written --set '{path}=\"\"'"
        )
    };
    for path in ["train.penalty", "train.epochs.deeper", "data.labl_noise", "sweep.train.steps"] {
        assert_eq!(refusal(&text, &[(path, "")]), nothing(path));
    }
}

#[test]
fn settings_written_down_read_back_the_same() {
    let settings = plan(
        GOOD,
        &[
            ("train.batch_size", "full"),
            ("data.normalisation", "{fixed = {mean = [0.5, 0], standard_deviation = [1, 2]}}"),
        ],
    )
    .unwrap()
    .methods
    .remove(0)
    .settings;
    assert_eq!(settings.train.batch_size, BatchSize::Full);
    let text = toml::to_string(&settings).unwrap();
    assert_eq!(plan(&text, &[]).unwrap().methods[0].settings, settings, "{text}");
}

#[test]
fn the_examples_are_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let plan = Plan::read(Some(&path), &[]);
            assert!(plan.is_ok(), "{}: {plan:?}", path.display());
            files += 1;
        }
    }
    assert!(files >= 3);
    assert_eq!(Plan::read(None, &[]).unwrap().name, "demo");
}
