"""Splitting a whole number over units so that the parts add up again. Pure; no state, no clock.

Chance comes from hashes of names, so that the same names give the same numbers on every machine and
every version of Python.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

from etl.errors import UsageError

_BISECTIONS = 50


def hash_to_uniform(*names: object) -> float:
    """A number in [0, 1) that depends on the names alone."""
    digest = hashlib.blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def hash_to_normal(*names: object) -> float:
    """Roughly standard normal: the sum of four uniforms, centred (variance 4/12, hence the root of 3)."""
    digest = hashlib.blake2b("\x1f".join(map(str, names)).encode(), digest_size=32).digest()
    parts = (int.from_bytes(digest[i : i + 8], "big") / 2**64 for i in range(0, 32, 8))
    return (sum(parts) - 2) * math.sqrt(3)


def split_by_weight(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """`total` split in proportion to weights, by largest remainder."""
    scale = total / sum(weights.values())
    return _round_by_largest_remainder(total, {unit: weight * scale for unit, weight in weights.items()})


def split_by_share(total: int, caps: Mapping[str, int], lean: Mapping[str, float], what: str) -> dict[str, int]:
    """`total` split so that no unit gets more than its cap and units with a higher `lean` fill theirs more.

    Each unit fills the share sigmoid(lean + shift) of its cap; the shift that makes the sum come out is found
    by bisection.

    Raises:
        UsageError: the caps together hold less than the total; `what` says which number.
    """
    room = sum(caps.values())
    if total > room:
        raise UsageError(
            f"{total} do not fit into {room}", where=f"simulation/story.yaml: {what}", fix="lower the share"
        )
    if total == room:
        return dict(caps)
    low, high = -40.0, 40.0
    for _ in range(_BISECTIONS):
        shift = (low + high) / 2
        filled = sum(cap * _compute_sigmoid(lean[unit] + shift) for unit, cap in caps.items())
        low, high = (shift, high) if filled < total else (low, shift)
    exact = {unit: cap * _compute_sigmoid(lean[unit] + high) for unit, cap in caps.items()}
    return _round_by_largest_remainder(total, exact)


def split_by_chance(cases: int, weights: Mapping[str, float], *names: object) -> dict[str, int]:
    """`cases` single events, each falling on a unit with probability in proportion to its weight."""
    units = list(weights)
    ends = _compute_running_sums(list(weights.values()))
    result = dict.fromkeys(units, 0)
    for case in range(cases):
        point = hash_to_uniform(*names, case) * ends[-1]
        result[units[next(i for i, end in enumerate(ends) if point < end)]] += 1
    return result


def sample_without_replacement(cases: int, whole: Mapping[str, int], *names: object) -> dict[str, int]:
    """`cases` of the events of `whole`, drawn without putting back: never more than the whole in any unit."""
    events = [(hash_to_uniform(*names, unit, i), unit) for unit, count in whole.items() for i in range(count)]
    result = dict.fromkeys(whole, 0)
    for _, unit in sorted(events)[:cases]:
        result[unit] += 1
    return result


def _round_by_largest_remainder(total: int, exact: Mapping[str, float]) -> dict[str, int]:
    floors = {unit: math.floor(value) for unit, value in exact.items()}
    order = sorted(exact, key=lambda unit: (floors[unit] - exact[unit], unit))
    for unit in order[: total - sum(floors.values())]:
        floors[unit] += 1
    return floors


def _compute_sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _compute_running_sums(values: Sequence[float]) -> list[float]:
    ends, total = [], 0.0
    for value in values:
        total += value
        ends.append(total)
    return ends
