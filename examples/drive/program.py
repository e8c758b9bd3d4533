"""Starts `consilience run`, and reads what came of it. The examples beside this file have all they need of the program here."""

import json
import subprocess
from pathlib import Path

CONFIG = Path(__file__).parent.with_name("sweep.toml")


def run(settings: dict[str, object], out: Path, config: Path = CONFIG, program: str = "consilience") -> dict[str, object]:
    """Carries out the configuration with these settings, such as {"train.learning_rate": 0.1}.

    Gives the last value of everything that was recorded, and `status` (`finished`, or `failed` where numbers were no longer
    finite), `seed` and `directory`.
    """
    arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    command = [program, "run", str(config), *arguments, "--out", str(out), "--force", "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    if not lines:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}")
    return json.loads(lines[0])
