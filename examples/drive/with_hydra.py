"""Hydra chooses the settings: everything under `set` of its configuration is a setting of the run.

    pip install hydra-core
    python examples/drive/with_hydra.py +set.train.learning_rate=0.3        # `consilience` must be on the PATH
    python examples/drive/with_hydra.py --multirun +set.train.learning_rate=0.1,0.3 +set.seed=0,1,2
    python examples/drive/with_hydra.py program=target/release/consilience config=examples/demo.toml

The run directory is `run` in the directory that Hydra makes for the job. What is returned, the test accuracy, is what sweepers
that optimise (`hydra/sweeper=optuna`, for one) go by.
"""

from collections.abc import Iterator
from pathlib import Path

import hydra
import program
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

ConfigStore.instance().store("drive", {"program": "consilience", "config": str(program.CONFIG), "set": {}})


def flat(settings: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """{"train": {"epochs": 5}} as ("train.epochs", 5)."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@hydra.main(version_base=None, config_name="drive")
def main(job: DictConfig) -> float | None:
    out = Path(HydraConfig.get().runtime.output_dir) / "run"
    settings = dict(flat(OmegaConf.to_container(job.set)))
    result = program.run(settings, out, Path(job.config), job.program)
    print(f"{settings}: {result['status']}, test accuracy {result['test_accuracy']}, in {result['directory']}")
    return result["test_accuracy"]


if __name__ == "__main__":
    main()
