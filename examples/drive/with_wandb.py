"""Weights & Biases chooses the settings: the parameters of its sweep are settings of the run, and its page shows the evaluations.

    pip install wandb
    wandb sweep examples/drive/wandb-sweep.yaml     # prints the name of the sweep; `consilience` must be on the PATH
    wandb agent NAME                                # on as many machines as you like

Without a sweep, and without an account, one run with the settings of the command line:

    WANDB_MODE=offline python examples/drive/with_wandb.py train.learning_rate=0.3
"""

import json
import sys
from pathlib import Path

import program
import wandb


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    with wandb.init(project="consilience", config=given) as run:
        result = program.run(dict(run.config), Path("runs/wandb") / run.id)
        for line in (Path(result["directory"]) / "metrics.jsonl").read_text().splitlines():
            record = json.loads(line)
            if record.pop("kind") == "evaluation":
                run.log({name: value for name, value in record.items() if value is not None}, step=record["step"])
        run.summary.update(result)


if __name__ == "__main__":
    main()
