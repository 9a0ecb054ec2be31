"""A decision against the rule that needs a second person: it is told and carried out once both have signed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from actions.decide import countersign, decide, decline_countersign
from actions.people import add_person
from actions.programmes import publish
from models import Decision, Notice, Step
from models.session import Database
from programme.decision_errors import AwaitsSecond, NothingToCountersign, SecondIsFirst
from programme.definition_file import shipped_text
from programme.errors import AlreadyDecided
from programme.people_errors import OutsideTerritory
from tests.moulds import built_once
from tests.world import CODE, NOW, at, evaluate, morning, open_enrolled, step_row, story

ONE = f"{CODE}/001"
DAY = date(2028, 1, 5)
LATER = date(2028, 1, 12)
TWO_SIGN = shipped_text().replace("      not_met: recovery", "      not_met: recovery\n      second_person: true")


@built_once
def proposed(database: Database) -> None:
    """At M12 the rule proposes recovery, and another outcome needs two persons."""
    with database.transaction() as session:
        publish(session, TWO_SIGN, by="k1", now=NOW)
    open_enrolled(database)
    evaluate(database, "M12", date(2028, 1, 4))
    morning(database, DAY)


def sign(database: Database, outcome: str = "continue", *, by: str = "k1") -> None:
    with database.transaction() as session:
        decide(session, code=ONE, checkpoint="M12", outcome=outcome, by=by, now=at(DAY, 15), reason="avis du comité")


def second(database: Database, by: str) -> None:
    with database.transaction() as session:
        countersign(session, code=ONE, checkpoint="M12", by=by, now=at(LATER, 10))


def stands(database: Database) -> Decision:
    with database.reading() as session:
        return session.exec(select(Decision)).one()


def results(database: Database) -> int:
    with database.reading() as session:
        return len(session.exec(select(Notice).where(Notice.kind == "checkpoint_result")).all())


def test_override_waits_for_a_second_person_and_nothing_is_told(database: Database) -> None:
    proposed(database)
    sign(database)
    decision = stands(database)
    assert (decision.status, decision.outcome, decision.decided_by) == ("to_countersign", "continue", "k1")
    assert (decision.decided_on, decision.second_by, results(database)) == (None, None, 0)
    with database.reading() as session:
        assert step_row(session, "coaching.M12-decision").status == "open"
        assert story(session)[-1] == ("k1", "decision to countersign", "M12")


def test_what_the_rule_proposes_needs_one_signature(database: Database) -> None:
    proposed(database)
    sign(database, "recovery")
    assert (stands(database).status, stands(database).second_by, results(database)) == ("decided", None, 1)


def test_second_signature_carries_the_decision_out(database: Database) -> None:
    proposed(database)
    sign(database)
    second(database, "d1")
    decision = stands(database)
    assert (decision.status, decision.outcome, decision.decided_on) == ("decided", "continue", LATER)
    assert (decision.decided_by, decision.second_by, decision.override_reason) == ("k1", "d1", "avis du comité")
    assert results(database) == 1
    with database.reading() as session:
        assert step_row(session, "coaching.M12-decision").status == "done"
        assert session.exec(select(Step).where(Step.origin == "recovery")).all() == []
        assert story(session)[-1] == ("d1", "countersigned", "M12")
    with pytest.raises(NothingToCountersign):
        second(database, "d1")
    with pytest.raises(AlreadyDecided):
        sign(database)


@pytest.mark.parametrize("by", ["k1", " K1 "])
def test_same_person_does_not_sign_twice(database: Database, by: str) -> None:
    proposed(database)
    sign(database)
    with pytest.raises(SecondIsFirst, match="the second signature is another person's"):
        second(database, by)
    assert stands(database).status == "to_countersign"


def test_decision_that_waits_is_not_decided_over(database: Database) -> None:
    proposed(database)
    sign(database)
    with pytest.raises(AwaitsSecond, match="another than k1 signs with `mourafaka countersign SM-2027/001 M12`"):
        sign(database, "recovery", by="d1")


def test_declined_decision_is_proposed_again(database: Database) -> None:
    proposed(database)
    sign(database)
    with database.transaction() as session:
        decline_countersign(session, code=ONE, checkpoint="M12", by="d1", now=at(LATER, 10), reason="pas d'accord")
    decision = stands(database)
    assert (decision.status, decision.outcome, decision.decided_by, decision.override_reason) == (
        "proposed",
        None,
        None,
        None,
    )
    with database.reading() as session:
        assert story(session)[-1] == ("d1", "countersign declined", "M12")
    sign(database, "recovery", by="d1")
    assert stands(database).status == "decided"


def test_nothing_is_countersigned_before_somebody_decides(database: Database) -> None:
    proposed(database)
    with pytest.raises(NothingToCountersign, match="M12 of SM-2027/001 waits for no second signature"):
        second(database, "d1")


def test_who_has_no_role_there_neither_decides_nor_countersigns(database: Database) -> None:
    proposed(database)
    with database.transaction() as session:
        add_person(session, code="k2", name="k2", role="coordinator", now=NOW, delegation="meknes")
    with pytest.raises(OutsideTerritory):
        sign(database, by="k2")
    sign(database)
    with pytest.raises(OutsideTerritory):
        second(database, "k2")
