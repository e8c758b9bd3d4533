#!/usr/bin/env python3
"""Finds wrong labels by `consilience audit` and by cleanlab's confident learning, on the same data, and compares both with the truth.

    scripts/audit-benchmark.py --data-dir DIR [--program target/release/consilience] [--case NAME ...] [--out results.jsonl]
    scripts/audit-benchmark.py --table results.jsonl

Needs Python with numpy, pyarrow, scikit-learn, torch and cleanlab. Everything runs on one thread; seconds are of the processor
(user and system), of the child process for `consilience` (reading data and writing the run directory included), and of
cross-validation and confident learning for the others (reading data excluded).

Both sides get the given labels alone. The true ones, which the run directory keeps, are read for the scores of the rankings.
cleanlab gets probabilities from five-fold cross-validation, as its documentation asks for, by

* the network that `consilience` trains (--model), in PyTorch, with the same batch size, rate and momentum, for several numbers of
  epochs;
* logistic regression of scikit-learn, its cheap variant.
"""

import argparse
import gzip
import json
import os
import resource
import shutil
import struct
import subprocess
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy
import pyarrow.parquet
from sklearn.metrics import roc_auc_score

UNIFORM = "uniform_other"
# Chosen on Fashion-MNIST (docs/audit.md), and for LeNet-5 the rate that momentum asks for.
TRAINING = {
    "mlp": {"batch_size": 20, "learning_rate": 0.1, "momentum": 0.0},
    "lenet5": {"batch_size": 20, "learning_rate": 0.02, "momentum": 0.9},
}
MODELS = {"mlp": 'name = "mlp"\nwidths = [256]', "lenet5": 'name = "lenet5"'}


def grey(source, fraction, examples, kind=UNIFORM):
    noise = f'label_noise = {{ kind = "{kind}", fraction = {fraction} }}'
    return {"source": source, "train": examples, "labels": noise, "normalisation": "none"}


def human(name):
    labels = f'human_labels = {{ file = "cifar-10n/{name}_label.npy" }}'
    return {"source": "cifar10", "train": None, "labels": labels, "normalisation": "training_set"}


CASES = {f"{source}-{percent}": grey(source.replace("-", "_"), percent / 100, 10000)
         for source in ("fashion-mnist", "mnist") for percent in (10, 20, 40)}
CASES["fashion-mnist-permute-40"] = grey("fashion_mnist", 0.4, 10000, "permute")
CASES["mnist-permute-40"] = grey("mnist", 0.4, 10000, "permute")
CASES["cifar10n-aggre"] = human("aggre")
CASES["cifar10n-worse"] = human("worse")


def configuration(case, model, seed, epochs):
    size = f"train = {case['train']}\n" if case["train"] else ""
    train = "".join(f"{key} = {value}\n" for key, value in TRAINING[model].items())
    return (
        f'seed = {seed}\n[data]\nsource = "{case["source"]}"\n{size}test = 100\nnormalisation = "{case["normalisation"]}"\n'
        f'{case["labels"]}\n[model]\n{MODELS[model]}\n[train]\nepochs = {epochs}\n{train}'
    )


def audit(arguments, case, model, seed, epochs, parts, settings=()):
    """Runs `consilience audit`; the table of examples as a dictionary of arrays, the suspects, and processor seconds."""
    work = tempfile.mkdtemp(prefix="audit-")
    config, run, csv = (os.path.join(work, name) for name in ("case.toml", "run", "all.csv"))
    with open(config, "w") as file:
        file.write(configuration(case, model, seed, epochs))
    command = [arguments.program, "audit", config, "--out", run, "--csv", csv, "--threads", "1", "--quiet", "--parts", str(parts),
               "--data-dir", arguments.data_dir]
    for setting in settings:
        command += ["--set", setting]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    table = pyarrow.parquet.read_table(os.path.join(run, "examples.parquet"))
    table = {name: table.column(name).to_numpy() for name in table.column_names}
    rows = numpy.genfromtxt(csv, delimiter=",", names=True, usecols=("id", "probably_mislabelled"))
    flagged = dict(zip(rows["id"].astype(int), rows["probably_mislabelled"] == 1))
    flags = numpy.array([flagged[int(identity)] for identity in table["id"]])
    shutil.rmtree(work)
    return table, flags, seconds


def images(arguments, case, ids):
    """The inputs of the examples, N x channels x height x width, as the program feeds them."""
    if case["source"] == "cifar10":
        path = os.path.join(arguments.data_dir, "cifar-10-batches-bin", "data_batch_1.bin")
        raw = subprocess.run(["zstd", "-dc", path + ".zst"], check=True, capture_output=True).stdout if not os.path.exists(path) \
            else open(path, "rb").read()
        rows = numpy.frombuffer(raw, dtype=numpy.uint8).reshape(-1, 3073)
        pixels = rows[ids, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255
        mean, deviation = pixels.mean(axis=(0, 2, 3), keepdims=True), pixels.std(axis=(0, 2, 3), keepdims=True)
        return (pixels - mean) / deviation
    path = os.path.join(arguments.data_dir, case["source"].replace("_", "-"), "train-images-idx3-ubyte.gz")
    with gzip.open(path) as file:
        _, count, height, width = struct.unpack(">IIII", file.read(16))
        pixels = numpy.frombuffer(file.read(), dtype=numpy.uint8).reshape(count, 1, height, width)
    return pixels[ids].astype(numpy.float32) / 255


def folds(count, parts, seed):
    order = numpy.random.default_rng(seed).permutation(count)
    return [order[part::parts] for part in range(parts)]


def network(model, channels, size):
    from torch import nn
    if model == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, 256), nn.ReLU(), nn.Linear(256, 10))
    padding = 2 if size < 32 else 0
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def cross_validated_network(inputs, labels, name, epochs, seed, parts=5):
    """Out-of-sample probabilities after each number of epochs in `epochs`, with the processor seconds up to there."""
    import torch
    training = TRAINING[name]
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    inputs, labels = torch.from_numpy(inputs), torch.from_numpy(labels.astype(numpy.int64))
    probabilities = {count: numpy.zeros((len(labels), 10)) for count in epochs}
    seconds = dict.fromkeys(epochs, 0.0)
    for held_out in folds(len(labels), parts, seed):
        began = time.process_time()
        evaluated = 0.0
        mask = numpy.ones(len(labels), dtype=bool)
        mask[held_out] = False
        rest = torch.from_numpy(numpy.flatnonzero(mask))
        model = network(name, inputs.shape[1], inputs.shape[2])
        optimizer = torch.optim.SGD(model.parameters(), lr=training["learning_rate"], momentum=training["momentum"])
        for epoch in range(1, max(epochs) + 1):
            order = rest[torch.randperm(len(rest))]
            for batch in order.split(training["batch_size"]):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()
                optimizer.step()
            if epoch in probabilities:
                at = time.process_time()
                with torch.no_grad():
                    found = torch.cat([model(inputs[part]).softmax(1) for part in torch.from_numpy(held_out).split(1000)])
                probabilities[epoch][held_out] = found.numpy()
                took = time.process_time() - at
                # each number of epochs pays for its own evaluation only
                seconds[epoch] += time.process_time() - began - evaluated
                evaluated += took
    return probabilities, seconds


def cross_validated_regression(inputs, labels, seed, parts=5):
    from sklearn.linear_model import LogisticRegression
    began = time.process_time()
    flat = inputs.reshape(len(inputs), -1)
    probabilities = numpy.zeros((len(labels), 10))
    for held_out in folds(len(labels), parts, seed):
        mask = numpy.ones(len(labels), dtype=bool)
        mask[held_out] = False
        model = LogisticRegression(max_iter=100).fit(flat[mask], labels[mask])
        probabilities[numpy.ix_(held_out, model.classes_)] = model.predict_proba(flat[held_out])
    return probabilities, time.process_time() - began


def judged(suspicion, corrupt, flags):
    order = numpy.argsort(-suspicion, kind="stable")
    hits = corrupt[order]
    return {
        "area": float(roc_auc_score(corrupt, suspicion)),
        "precision_at_100": float(hits[:100].mean()),
        "precision_at_wrong": float(hits[:corrupt.sum()].mean()),
        "flagged": int(flags.sum()),
        "precision": float(corrupt[flags].mean()) if flags.any() else None,
        "recall": float(flags[corrupt].mean()),
    }


def confident_learning(labels, probabilities, corrupt, truth):
    """cleanlab's rankings and its label issues, and the processor seconds of finding them."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    began = time.process_time()
    labels = labels.astype(numpy.int64)
    flags = find_label_issues(labels, probabilities, n_jobs=1)
    quality = {method: get_label_quality_scores(labels, probabilities, method=method)
               for method in ("self_confidence", "normalized_margin", "confidence_weighted_entropy")}
    took = time.process_time() - began
    suggested = probabilities.argmax(1)
    results = {method: judged(-score, corrupt, flags) for method, score in quality.items()}
    for result in results.values():
        result["suggestions"] = float((suggested == truth)[corrupt].mean())
    return results, took


RANKINGS = ("held_out_margin", "held_out_agreement", "held_out_probability", "held_out_probability_margin")


COLUMNS = ("area", "precision_at_100", "precision_at_wrong", "precision", "recall", "suggestions")


def markdown(path):
    """The results in `path` as a table: means over seeds, one row per case, method and ranking."""
    groups = {}
    with open(path) as file:
        for line in map(json.loads, file):
            key = (line["case"], line["method"], line["model"], line["parts"], line["epochs"] or "", line["score"])
            groups.setdefault(key, []).append(line)
    print("| data | by | network | parts | epochs | ranked by | seeds | area | precision at 100 | at the wrong | precision | recall "
          "| suggested | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for key, lines in sorted(groups.items(), key=str):
        means = [numpy.mean([numpy.nan if line[column] is None else line[column] for line in lines]) for column in COLUMNS]
        cells = [f"{means[0]:.4f}", *(f"{100 * mean:.1f} %" for mean in means[1:])]
        seconds = numpy.mean([line["seconds"] for line in lines])
        print("| " + " | ".join([*map(str, key), str(len(lines)), *cells, f"{seconds:.1f}"]) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--table", metavar="FILE", help="print the results in FILE as a table, and do nothing else")
    parser.add_argument("--program", default="target/release/consilience")
    parser.add_argument("--case", nargs="+", choices=sorted(CASES), default=sorted(CASES))
    parser.add_argument("--model", nargs="+", choices=sorted(MODELS), default=["mlp"])
    parser.add_argument("--seed", nargs="+", type=int, default=[0])
    parser.add_argument("--epochs", nargs="+", type=int, default=[4], help="of consilience audit")
    parser.add_argument("--parts", nargs="+", type=int, default=[2])
    parser.add_argument("--set", nargs="*", default=[], help="settings of consilience audit")
    parser.add_argument("--peer-epochs", nargs="*", type=int, default=[5, 10, 20], help="of cleanlab's network; none: not run")
    parser.add_argument("--regression", action="store_true", help="cleanlab on logistic regression, too")
    parser.add_argument("--out", default="-")
    arguments = parser.parse_args()
    if arguments.table:
        return markdown(arguments.table)
    arguments.program = os.path.abspath(arguments.program)
    arguments.data_dir = os.path.abspath(arguments.data_dir)
    out = open(arguments.out, "a") if arguments.out != "-" else None

    def report(line):
        text = json.dumps(line)
        print(text, flush=True)
        if out:
            print(text, file=out, flush=True)

    for name in arguments.case:
        for model in arguments.model:
            for seed in arguments.seed:
                compare(arguments, report, name, model, seed)


def compare(arguments, report, name, model, seed):
    case = CASES[name]
    for parts in arguments.parts:
        for epochs in arguments.epochs:
            table, flags, seconds = audit(arguments, case, model, seed, epochs, parts, arguments.set)
            corrupt, truth = table["corrupt"].astype(bool), table["true_label"]
            suggested = table["held_out_label"].astype(int)
            for column in RANKINGS:
                result = judged(numpy.nan_to_num(-table[column], nan=-1e300), corrupt, flags)
                result["suggestions"] = float((suggested == truth)[corrupt].mean())
                report({"case": name, "model": model, "seed": seed, "method": "consilience", "parts": parts, "epochs": epochs,
                        "score": column, "seconds": seconds, **result})
    labels, ids = table["given_label"], table["id"]
    inputs = images(arguments, case, ids)
    runs = {}
    if arguments.peer_epochs:
        found, took = cross_validated_network(inputs, labels, model, arguments.peer_epochs, seed)
        runs.update({(model, epochs): (found[epochs], took[epochs]) for epochs in arguments.peer_epochs})
    if arguments.regression:
        runs["logistic regression", None] = cross_validated_regression(inputs, labels, seed)
    for (model, epochs), (probabilities, seconds) in runs.items():
        results, took = confident_learning(labels, probabilities, corrupt, truth)
        for score, result in results.items():
            report({"case": name, "model": model, "seed": seed, "method": "cleanlab", "parts": 5, "epochs": epochs, "score": score,
                    "seconds": seconds + took, **result})


if __name__ == "__main__":
    main()
