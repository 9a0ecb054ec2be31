"""Numbers become links only where a telephone can act on them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.telephone import tel_link, whatsapp_link


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("+212612345678", "212612345678"),
        ("+212712345678", "212712345678"),
        ("06 12 34 56 78", "212612345678"),
        ("00212 6-12-34-56-78", "212612345678"),
    ],
)
def test_moroccan_mobile_number_can_be_written_to(number: str, known: str) -> None:
    assert whatsapp_link(number, "Bonjour") == f"https://wa.me/{known}?text=Bonjour"


@pytest.mark.parametrize("number", ["+212528001001", "+212801234567", "+33612345678", "", "none", None])
def test_other_numbers_cannot(number: str | None) -> None:
    assert whatsapp_link(number, "Bonjour") is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_text_comes_whole_and_nothing_else_with_it(text: str) -> None:
    link = whatsapp_link("+212612345678", text) or ""
    parts = urlsplit(link)
    assert (parts.netloc, parts.path, parts.fragment) == ("wa.me", "/212612345678", "")
    assert parse_qs(parts.query, keep_blank_values=True) == {"text": [text.strip()]}


def test_number_is_dialled_without_its_spaces() -> None:
    assert tel_link("+212 528-00 10 01") == "tel:+212528001001"
