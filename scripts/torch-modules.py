#!/usr/bin/env python3
"""Loads final.safetensors of a run into the equivalent torch.nn module and compares the outputs.

    torch-modules.py MODEL final.safetensors inputs.f32 N H W C outputs.f32

MODEL is lenet5, mlp (widths 256, 256, 256) or resnet20, each with its defaults. The inputs are N x H x W x C and the outputs
N x classes, row-major, 32-bit little-endian. Prints the largest difference of an output, relative to the largest output.
Needs PyTorch and safetensors; exits with 3 where they are missing.
"""

import sys

try:
    import torch
    from safetensors.torch import load_file
    from torch import nn
except ImportError as error:
    print(f"{error}", file=sys.stderr)
    sys.exit(3)


class Residual(nn.Module):
    """main(x) + short(x); an empty shortcut is the identity."""

    def __init__(self, main, short):
        super().__init__()
        self.main = nn.Sequential(*main)
        self.short = nn.Sequential(*short)

    def forward(self, x):
        return self.main(x) + self.short(x)


class GlobalAveragePool(nn.Module):
    def forward(self, x):
        return x.mean(dim=(2, 3))


def mlp(height, width, channels, classes):
    sizes = [height * width * channels, 256, 256, 256]
    layers = [nn.Flatten()]
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))


def lenet5(height, width, channels, classes):
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=2 if height < 32 else 0),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )


def resnet20(height, width, channels, classes):
    def conv(before, after, kernel, stride, padding):
        return [nn.Conv2d(before, after, kernel, stride, padding, bias=False), nn.BatchNorm2d(after)]

    layers = [*conv(channels, 16, 3, 1, 1), nn.ReLU()]
    before = 16
    for after, first_stride in [(16, 1), (32, 2), (64, 2)]:
        for stride in [first_stride, 1, 1]:
            main = [*conv(before, after, 3, stride, 1), nn.ReLU(), *conv(after, after, 3, 1, 1)]
            short = conv(before, after, 1, stride, 0) if before != after else []
            layers += [Residual(main, short), nn.ReLU()]
            before = after
    return nn.Sequential(*layers, GlobalAveragePool(), nn.Linear(64, classes))


def numbers(path, *shape):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(shape)


def main():
    name, weights, inputs_path, *shape, outputs_path = sys.argv[1:]
    examples, height, width, channels = map(int, shape)
    inputs = numbers(inputs_path, examples, height, width, channels).permute(0, 3, 1, 2).contiguous()
    expected = numbers(outputs_path, examples, -1)
    module = {"mlp": mlp, "lenet5": lenet5, "resnet20": resnet20}[name](height, width, channels, expected.shape[1])
    module.load_state_dict(load_file(weights), strict=True)
    module.eval()
    with torch.no_grad():
        outputs = module(inputs)
    print(((outputs - expected).abs().max() / expected.abs().max()).item())


main()
