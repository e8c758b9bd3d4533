"""Optuna chooses the settings: a search over learning rate, winsorization and weight penalty.

    pip install optuna
    python examples/drive/with_optuna.py            # `consilience` must be on the PATH
    python examples/drive/with_optuna.py target/release/consilience --trials 20
"""

import argparse
from pathlib import Path

import optuna
import program


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
        result = program.run(settings, arguments.out / f"trial-{trial.number}", program=arguments.program)
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
