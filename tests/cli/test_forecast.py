"""`mourafaka forecast`."""

from __future__ import annotations

from models.session import Database
from tests.cli.conftest import Command
from tests.world import open_followed


def test_forecast_names_person_date_kind_and_reason(mourafaka: Command, database: Database) -> None:
    open_followed(database)
    rows = mourafaka("forecast", "--days", "30", "--json", as_of="2027-01-04T08:00").json
    [welcome] = [row for row in rows if row["kind"] == "welcome"]
    assert welcome == {
        "date": "2027-01-04",
        "person": "cooperative:SM-2027/001",
        "name": "Présidence 1",
        "kind": "welcome",
        "language": "fr",
        "channel": "email",
        "enrolment": "SM-2027/001",
        "about": "",
        "reason": "promised already, it leaves on 2027-01-04",
        "key": "SM-2027/001/-/welcome/cooperative:SM-2027/001",
    }
    assert "notices, as things stand" in mourafaka("forecast", as_of="2027-01-04T08:00").out


def test_forecast_without_a_cohort_is_empty(mourafaka: Command) -> None:
    assert mourafaka("forecast", "--json").json == []


def test_forecast_says_once_what_many_cooperatives_share(mourafaka: Command, database: Database) -> None:
    open_followed(database, cooperatives=5)
    said = mourafaka("forecast", "--days", "0", as_of="2027-01-04T08:00").out
    assert "5 cooperatives, SM-2027/001 to" in said
    assert "a reminder (in the message of the day)" in said
    assert said.count("14 days before “Confirmer") == 1
    assert said.count("\n│ 2027-01-04") == 1
    each = mourafaka("forecast", "--days", "0", "--each", as_of="2027-01-04T08:00").out
    assert each.count("14 days before “Confirmer") == 5
    assert "SM-2027/003" in each
    assert "…" not in said + each
