"""The soak in small: a few rounds of sending, killing and stopping, and nothing is lost or counted twice.

`python -m simulation.soak --minutes N --seed S` (also `make soak`) goes on as long as one likes.
"""

from __future__ import annotations

import dataclasses

import pytest

from simulation import soak

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def test_whatever_happens_each_file_is_answered_and_the_last_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs: list[list[str]] = []
    real = soak.Soak.prove_conservation

    def prove_twice(self: soak.Soak) -> list[str]:
        found = real(self)
        unsent = dataclasses.replace(
            self, sent=[*self.sent, ("07306", "0" * 64)], good={**self.good, "07306": b"other"}
        )
        proofs.append(real(unsent))
        return found

    monkeypatch.setattr(soak.Soak, "prove_conservation", prove_twice)
    done, differences = soak.run_soak(7, goes_on=lambda rounds: rounds < 3)
    assert differences == []
    assert sum(done.done.values()) > 3
    (missed,) = proofs
    assert any("received or known" in said for said in missed), "a file that nobody received is missed"
    assert any("standing" in said for said in missed), "and a report that does not stand"
