"""The three rules, from facts to what is recommended: no database."""

from datetime import date
from uuid import UUID

import pytest

from promotions.recommending import rules
from promotions.recommending.rules import Candidate, Facts, Goal, Place, Pull, Terms

USUAL = Terms()


def goal(short: int, points: int = 100, *, place: int | None = 1, terms: Terms = USUAL, n: int = 1) -> Goal:
    return Goal(UUID(int=n), f"Reward {n}", points, short, place, "Nar", terms)


def place(
    number: int, *, visits: int = 5, last: int = 0, since: int = 30, churn: float | None = 0.6, **more: object
) -> Place:
    values = {"gap": 10.0, **more}
    return Place(number, f"Place {number}", visits, last or date(2026, 1, 1).toordinal(), since, churn, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("balance", "short", "usual", "near"),
    [(80, 20, 0, True), (79, 21, 0, False), (79, 21, 21, True), (79, 21, 20.5, False), (100, 0, 50, False)],
)
def test_a_reward_is_near_from_four_fifths_or_one_usual_purchase(
    balance: int, short: int, usual: float, near: bool
) -> None:
    facts = Facts(balance=balance, usual_earn=usual, goals=[goal(short)])
    assert bool(rules.near_rewards(facts)) is near


def test_the_reward_stands_first_where_they_are_likeliest_to_come_and_then_the_nearest() -> None:
    facts = Facts(
        balance=90,
        places=[place(1, churn=0.9), place(2, churn=0.2)],
        goals=[
            goal(5, 95, place=1, n=1),
            goal(10, 100, place=2, n=2),
            goal(9, 99, place=2, n=3),
            goal(1, 91, place=3, n=4),
        ],
    )
    assert [each.id.int for each in rules.near_rewards(facts)] == [3, 2, 1, 4]
    of_all = Facts(balance=90, places=[place(2, churn=0.2)], goals=[goal(5, place=None, n=1), goal(2, place=1, n=2)])
    assert [each.id.int for each in rules.near_rewards(of_all)] == [1, 2], "anywhere is where they come"


def test_a_business_sets_what_is_near_or_switches_it_off() -> None:
    half, off = Terms(near_share=0.5), Terms(near_reward=False)
    assert rules.near_rewards(Facts(balance=50, goals=[goal(50, terms=half)]))
    assert not rules.near_rewards(Facts(balance=99, goals=[goal(1, terms=off)]))


@pytest.mark.parametrize(
    ("since", "churn", "asked"), [(20, 0.5, True), (19, 0.5, False), (20, 0.49, False), (90, None, False)]
)
def test_who_is_overdue_and_unlikely_to_come_is_asked_back(since: int, churn: float | None, asked: bool) -> None:
    assert bool(rules.to_come_back_to([place(1, since=since, churn=churn)])) is asked


def test_they_are_asked_back_to_their_favourite_place() -> None:
    often, rarely = place(1, visits=9), place(2, visits=3, since=90, churn=0.9)
    assert rules.to_come_back_to([rarely, often]) == often
    content = place(1, visits=9, since=1, churn=0.1)
    assert rules.to_come_back_to([rarely, content]) is None, "they come to their favourite as ever"
    later = place(3, visits=9, last=date(2026, 1, 2).toordinal())
    assert rules.to_come_back_to([often, later]) == later
    assert rules.to_come_back_to([]) is None


def test_a_business_sets_when_to_ask_back_or_switches_it_off() -> None:
    strict, off = Terms(inactive_overdue=4, inactive_churn=0.5), Terms(inactive=False)
    assert rules.to_come_back_to([place(1, since=39, terms=strict)]) is None
    assert rules.to_come_back_to([place(1, since=40, terms=strict)])
    assert rules.to_come_back_to([place(1, terms=Terms(inactive_churn=0.7))]) is None
    assert rules.to_come_back_to([place(1, terms=off)]) is None


def known(*places: Place, pulls: list[tuple[int, int, int, float]], others: list[int], **terms: Terms) -> list[int]:
    candidates = [Candidate(each, f"Place {each}", terms.get(f"of_{each}", Terms())) for each in others]
    facts = Facts(balance=0, places=places, pulls=[Pull(*pull) for pull in pulls], candidates=candidates)
    return [each.id for each in rules.new_places(facts)]


def test_the_weights_of_all_places_they_know_are_added_up() -> None:
    pulls = [(1, 3, 5, 0.3), (2, 3, 5, 0.3), (1, 4, 9, 0.5), (1, 2, 9, 9.0), (9, 5, 9, 9.0)]
    assert known(place(1), place(2), pulls=pulls, others=[4, 3]) == [3, 4]


def test_what_is_missing_is_filled_with_where_most_people_go() -> None:
    assert known(place(1), pulls=[(1, 3, 5, 0.3)], others=[6, 1, 5, 3, 4]) == [3, 6, 5]
    assert known(pulls=[], others=[6, 5, 4, 3]) == [6, 5, 4], "to somebody new"


def test_a_business_takes_part_or_not_and_says_of_how_many_customers_it_asks() -> None:
    pulls = [(1, 3, 5, 0.3), (2, 4, 5, 0.2)]
    off, many = Terms(elsewhere=False), Terms(elsewhere_customers=6)
    assert known(place(1), place(2), pulls=pulls, others=[3, 4], of_3=off) == [4]
    assert known(place(1, terms=off), place(2), pulls=pulls, others=[3, 4]) == [4, 3], "the one by popularity alone"
    assert known(place(1), place(2), pulls=pulls, others=[4, 3], of_3=many) == [4, 3]
    assert known(place(1, terms=off), pulls=pulls, others=[3, 4]) == [], "its customers are left alone"
