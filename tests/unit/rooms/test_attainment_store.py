"""What is kept of a computation is all of it, exactly."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from etl.model import Attainment
from etl.warehouse.attainment_store import decode_rows, encode_rows

st.register_type_strategy(Fraction, st.fractions())
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@given(st.lists(st.builds(Attainment), max_size=2))
def test_minimal_rows_come_back_as_they_were(rows: list[Attainment]) -> None:
    assert decode_rows(json.loads(json.dumps(encode_rows(rows)))) == tuple(rows)


@given(st.from_type(Attainment))
def test_every_field_comes_back_as_it_was(row: Attainment) -> None:
    assert decode_rows(json.loads(json.dumps(encode_rows([row])))) == (row,)


def test_a_fraction_is_kept_as_text() -> None:
    row = Attainment("p", "1", "", "threshold", "i", "u", "2024", Fraction(63), Fraction(100), Fraction(63, 100),
                     ">=", "", None, "", None, None, "no_verdict")  # fmt: skip
    (kept,) = encode_rows([row])
    assert (kept["numerator"], kept["value"], kept["target"]) == ("63", "63/100", None)
    assert set(kept) == set(Attainment.__dataclass_fields__)
