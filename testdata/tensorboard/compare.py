"""Compares what TensorBoard reads from a run directory with the run's metrics.jsonl, number by number.

    python3 compare.py RUN_DIRECTORY

Every number of metrics.jsonl must be there as a scalar KIND/NAME at its step, in single precision, and nothing else. It is read
twice: by the accumulator of the package's own tools, and by the one that the TensorBoard server shows plugins from. Prints the
number of scalars; exits with 1 and the differences when there are any.
"""

import json
import math
import pathlib
import sys

import numpy
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util import tensor_util


def numbers(tag, value):
    """The finite numbers in a value of metrics.jsonl, with their tags."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(f"{tag}/{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(f"{tag}/{index}", inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        yield tag, float(numpy.float32(value))


def recorded(directory):
    scalars = {}
    for line in (directory / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            if name in ("kind", "step", "epoch"):
                continue
            for tag, number in numbers(f"{record['kind']}/{name}", value):
                scalars.setdefault(tag, []).append((record["step"], number))
    return scalars


def own_tools(directory):
    accumulator = event_accumulator.EventAccumulator(str(directory), size_guidance={event_accumulator.SCALARS: 0})
    accumulator.Reload()
    tags = accumulator.Tags()[event_accumulator.SCALARS]
    return {tag: [(event.step, event.value) for event in accumulator.Scalars(tag)] for tag in tags}


def server(directory):
    guidance = {plugin_event_accumulator.TENSORS: 0}
    accumulator = plugin_event_accumulator.EventAccumulator(str(directory), size_guidance=guidance)
    accumulator.Reload()
    tags = accumulator.PluginTagToContent("scalars")
    read = lambda event: float(tensor_util.make_ndarray(event.tensor_proto))
    return {tag: [(event.step, read(event)) for event in accumulator.Tensors(tag)] for tag in tags}


def main():
    directory = pathlib.Path(sys.argv[1])
    expected = recorded(directory)
    differences = []
    for reader in (own_tools, server):
        found = reader(directory)
        for tag in sorted(expected.keys() | found.keys()):
            if expected.get(tag) != found.get(tag):
                differences.append(f"{reader.__name__}: {tag}: expected {expected.get(tag)}, found {found.get(tag)}")
    print("\n".join(differences[:20]) or sum(map(len, expected.values())))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
