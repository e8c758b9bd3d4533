"""Optuna chooses the settings, `consilience run` carries them out: a search over learning rate and winsorization.

    pip install optuna
    python examples/drive_with_optuna.py            # `consilience` must be on the PATH
    python examples/drive_with_optuna.py target/release/consilience --trials 20

Anything that can start a program and read a line of JSON can drive Consilience in this way: every setting is reached by
`--set KEY=VALUE`, and with `--json --quiet` the final metrics are one line on standard output.
"""

import argparse
import json
import subprocess
from pathlib import Path

import optuna

CONFIG = Path(__file__).with_name("sweep.toml")


def metrics(program: str, directory: Path, settings: dict[str, object]) -> dict[str, object]:
    """Runs the configuration with these settings; what it came to."""
    arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    command = [program, "run", str(CONFIG), *arguments, "--out", str(directory), "--force", "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    if not lines:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}")
    return json.loads(lines[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default="consilience")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path("runs/optuna"))
    arguments = parser.parse_args()

    def objective(trial: optuna.Trial) -> float:
        settings = {
            "train.learning_rate": trial.suggest_float("learning_rate", 0.01, 1.0, log=True),
            "train.aggregator.kind": "winsorized",
            "train.aggregator.count": trial.suggest_int("count", 1, 12),
            "train.penalty.0.kind": "weight",
            "train.penalty.0.weight": trial.suggest_float("weight_penalty", 1e-6, 1e-2, log=True),
        }
        result = metrics(arguments.program, arguments.out / f"trial-{trial.number}", settings)
        # A run whose numbers were no longer finite says so, and has no accuracy.
        if result["status"] != "finished" or result["test_accuracy"] is None:
            raise optuna.TrialPruned
        trial.set_user_attr("directory", result["directory"])
        return result["test_accuracy"]

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=arguments.trials)
    best = study.best_trial
    print(f"best of {len(study.trials)} trials: test accuracy {best.value:.3f} with {best.params}")
    print(f"its run: {best.user_attrs['directory']}")


if __name__ == "__main__":
    main()
