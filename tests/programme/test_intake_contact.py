"""Telephone numbers and addresses of electronic mail as people write them."""

from __future__ import annotations

import pytest

from programme.intake_contact import read_email, read_phone
from programme.intake_text import Cell
from programme.wording import Sentence


@pytest.mark.parametrize(
    "value",
    [
        "0612345678",
        "06 12 34 56 78",
        "06-12-34-56-78",
        "06.12.34.56.78",
        "+212 6 12 34 56 78",
        "+212 (0) 6 12 34 56 78",
        "00212612345678",
        "212612345678",
        612345678,
        612345678.0,
        "٠٦١٢٣٤٥٦٧٨",
        "Tél : 0612345678",
        "0612345678/0528000001",
        "0612345678 - 0528000001",
        "0612345678-0528000001",
        "06123 / 0612345678",
        "0612345678 ou 0528000001",
    ],
)
def test_read_phone_keeps_the_first_valid_number(value: Cell) -> None:
    assert read_phone(value) == "+212612345678"


@pytest.mark.parametrize("value", ["061234567", "06123456789", "0112345678", "+33612345678", "néant ?", True])
def test_read_phone_refuses_what_cannot_be_dialled_in_morocco(value: Cell) -> None:
    assert isinstance(read_phone(value), Sentence)


@pytest.mark.parametrize(
    "value",
    [
        "A.B@Coop.Example",
        " a.b@coop.example ",
        "mailto:a.b@coop.example",
        "Nom <a.b@coop.example>",
        "x / a.b@coop.example",
    ],
)
def test_read_email_keeps_the_first_usable_address(value: str) -> None:
    assert read_email(value) == "a.b@coop.example"


@pytest.mark.parametrize(
    "value",
    [
        "a@b",
        "a@@coop.example",
        "a..b@coop.example",
        ".a@coop.example",
        "a@coop,example",
        "a@-coop.example",
        "a@coop.1",
        "é@coop.example",
        "a" * 65 + "@coop.example",
        "@coop.example",
        12,
    ],
)
def test_read_email_refuses_what_no_server_takes(value: Cell) -> None:
    assert isinstance(read_email(value), Sentence)
