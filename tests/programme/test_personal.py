"""What somebody leaves in texts: found however it is written, and never in a part of another word."""

from __future__ import annotations

import pytest

from programme.personal import Erasing, Gone, Traces

FATIMA = Traces(
    "X-C1",
    names=frozenset({"Fatima Idrissi", "فاطمة الإدريسي"}),
    emails=frozenset({"f.idrissi@coop.example"}),
    phones=frozenset({"+212612345678"}),
)
ZINEB = Traces("X-P3", names=frozenset({"Zineb"}), code="zb")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Fatima Idrissi was there", "X-C1 was there"),
        ("FATIMA  idrissi, présidente", "X-C1, présidente"),
        ("قالت فاطمة الإدريسي ذلك", "قالت X-C1 ذلك"),
        ("550 5.1.1 <F.Idrissi@coop.example>: unknown", "550 5.1.1 <X-C1>: unknown"),
        ("mailto:f.idrissi@coop.example.", "mailto:X-C1."),
        ("+212612345678", "X-C1"),
        ("06 12 34 56 78", "X-C1"),
        ("call 0612-345-678 or +212 6 12 34 56 78", "call X-C1 or X-C1"),
        ("https://wa.me/212612345678?text=x", "https://wa.me/X-C1?text=x"),
        ("\u2068+212612345678\u2069", "\u2068X-C1\u2069"),
        ("SM-2027/001/-/info-bounce-6ae9cdc1/coordinator:k1", "SM-2027/001/-/info-bounce-6ae9cdc1/coordinator:k1"),
    ],
)
def test_trace_is_found_however_it_is_written(text: str, without: str) -> None:
    assert FATIMA.replace(text) == without
    assert FATIMA.is_in(text) == (text != without)


@pytest.mark.parametrize(
    "text",
    [
        "Fatima Idrissia",
        "Fatima",
        "af.idrissi@coop.example",
        "f.idrissi@coop.example.com",
        "06123456789",
        "1612345678",
        "Coopérative Al Fatima",
    ],
)
def test_part_of_another_word_or_number_is_not_a_trace(text: str) -> None:
    assert FATIMA.replace(text) == text


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("coach:zb", "coach:X-P3"),
        ("SM-2027/001/coaching.session-01/step_reminder-14/coach:zb", None),
        ("digest/coach:zb/2027-01-04", "digest/coach:X-P3/2027-01-04"),
        ("told by telephone by zb on 2027-02-01", "told by telephone by X-P3 on 2027-02-01"),
        ("zb leaves. So says zb.", "X-P3 leaves. So says X-P3."),
        ("zb", "X-P3"),
        ("coach:zb2", "coach:zb2"),
        ("diagnosis.zb", "diagnosis.zb"),
        ("SM-2027/zb/1", "SM-2027/zb/1"),
        ("zineb", "X-P3"),
    ],
)
def test_code_is_found_as_a_code_and_not_in_keys_of_steps(text: str, without: str | None) -> None:
    assert ZINEB.replace(text) == (without or text.replace("zb", "X-P3"))


def test_json_is_searched_leaf_by_leaf_and_in_its_keys() -> None:
    value = {"presence": {"Fatima Idrissi": True}, "said": ["to Fatima Idrissi", 3, None], "on": "2027-01-04"}
    assert FATIMA.replace_in(value) == {"presence": {"X-C1": True}, "said": ["to X-C1", 3, None], "on": "2027-01-04"}


def test_name_of_an_organisation_stays() -> None:
    facts = {"cooperative": "Coopérative Fatima Idrissi", "recipient": "Fatima Idrissi"}
    assert FATIMA.replace_in(facts) == {"cooperative": "Coopérative Fatima Idrissi", "recipient": "X-C1"}


def test_address_is_replaced_where_a_key_has_only_a_mark_of_it() -> None:
    """The first digits of an address's hash tell who it is to anybody who has the address."""
    key = "SM-2027/001/-/info-bounce-580e45a5/coordinator:k1"
    assert FATIMA.replace(key) == "SM-2027/001/-/info-bounce-X-C1/coordinator:k1"


def test_nobody_leaves_no_trace() -> None:
    nobody = Traces("X-C9")
    assert (nobody.replace("Fatima"), nobody.is_in({"a": "b"}), list(nobody.patterns())) == ("Fatima", False, [])


def test_digest_of_an_erasure_stands_for_what_it_does() -> None:
    one = Gone("contact", "X-C1", ("SM-2027/001",), {"contact": 1}, 0)
    other = Gone("contact", "X-C1", ("SM-2027/001",), {"contact": 1, "notice": 2}, 0)
    assert Erasing((one,)).digest == Erasing((one,)).digest
    assert Erasing((one,)).digest != Erasing((other,)).digest
    assert Erasing((one,)).to_json()["people"][0]["pseudonym"] == "X-C1"
