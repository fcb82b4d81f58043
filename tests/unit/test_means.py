"""What an order takes against what its project has: covered, too few credits, or beyond the budget."""

from decimal import Decimal
from uuid import uuid4

import pytest

from domain.credits import Account, Means


def means(needed: str, *, balance: str = "1", spent: str = "0", cap: str | None = None) -> Means:
    limit = None if cap is None else Decimal(cap)
    account = Account(
        project_id=uuid4(),
        balance=Decimal(balance),
        held=Decimal(0),
        spent=Decimal(spent),
        owed=Decimal(0),
        cap=limit,
    )
    return Means(account, Decimal(needed))


@pytest.mark.parametrize(
    "covered",
    [
        means("1"),
        means("1", cap="1"),
        means("0", balance="0"),
        pytest.param(
            means("0", spent="3", cap="2"), id="free, though the budget was lowered below what is spent"
        ),
    ],
)
def test_an_order_that_is_covered_is_refused_nothing(covered: Means) -> None:
    assert not covered.missing
    assert covered.refusal is None
    assert not covered.problems


@pytest.mark.parametrize(
    ("short", "code", "missing", "said"),
    [
        (means("1.50"), "insufficient_credits", "0.50", "the project has 1.00 USD of credits"),
        pytest.param(
            means("3", balance="1", cap="2"),
            "insufficient_credits",
            "2",
            "the project has 1.00 USD of credits",
            id="credits end before the budget does",
        ),
        pytest.param(
            means("3", balance="9", spent="1.50", cap="2"),
            "budget_exceeded",
            "2.50",
            "budget is 2.00 USD, of which 1.50 USD are spent or held",
            id="the budget ends before credits do",
        ),
        pytest.param(
            means("1", balance="9", spent="3", cap="2"),
            "budget_exceeded",
            "2",
            "budget is 2.00 USD, of which 3.00 USD are spent or held",
            id="more is spent than the budget allows by now",
        ),
    ],
)
def test_what_leaves_less_is_named(short: Means, code: str, missing: str, said: str) -> None:
    assert short.missing == Decimal(missing)
    assert short.refusal is not None
    assert short.refusal.code == code
    assert said in short.refusal.message
    (problem,) = short.problems
    assert problem.field == {"insufficient_credits": "credits", "budget_exceeded": "budget"}[code]
