"""Who may ask for what."""

from uuid import uuid4

import pytest

from domain.access import LOCAL, Caller, Scope


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.RENDER, {Scope.READ, Scope.RENDER}),
        (Scope.ADMIN, set(Scope)),
    ],
)
def test_a_scope_includes_the_smaller_ones(held: Scope, allowed: set[Scope]) -> None:
    caller = Caller("somebody", frozenset({held}))
    assert {scope for scope in Scope if caller.may(scope)} == allowed


def test_a_caller_sees_all_projects_or_certain_ones() -> None:
    mine, theirs = uuid4(), uuid4()
    bound = Caller("somebody", frozenset({Scope.READ}), frozenset({mine}))
    assert (bound.sees(mine), bound.sees(theirs), LOCAL.sees(theirs)) == (True, False, True)
    nothing = Caller("somebody", frozenset(Scope), frozenset())
    assert not nothing.sees(mine)
