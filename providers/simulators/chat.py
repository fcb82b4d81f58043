"""Language models as the simulators play them: they say something about what they were asked."""

import re
from enum import StrEnum

_TAG = re.compile(r"\[chat:(\w+)\]")
_LONGEST_ECHO = 400
_LONG = 400
"""Sentences of an answer that nobody asked to be so long."""


class ChatFault(StrEnum):
    """What may be asked for with ``[chat:NAME]`` in what is sent, or with one setting for all."""

    ERROR = "error"
    """503."""
    REFUSED = "refused"
    """The content rules forbid an answer."""
    GARBAGE = "garbage"
    """200 and no JSON."""
    EMPTY = "empty"
    """An answer without a word."""
    LONG = "long"
    """An answer far longer than was asked for, between quotes."""
    UNPRICED = "unpriced"
    """An answer without a word about what it took."""
    HANG = "hang"
    """No answer."""


def fault_in(text: str, everywhere: ChatFault | None) -> ChatFault | None:
    """Give the fault that is asked for; an unknown name is an error of whoever wrote it."""
    found = _TAG.search(text)
    return ChatFault(found[1]) if found else everywhere


def answer_to(text: str, fault: ChatFault | None) -> str:
    """Write an answer, the same for the same words."""
    words = " ".join(_TAG.sub(" ", text).split())[:_LONGEST_ECHO]
    if fault is ChatFault.EMPTY:
        return ""
    if fault is ChatFault.LONG:
        return '"' + "The camera moves slowly on, and the light changes. " * _LONG + '"'
    return f"The camera moves slowly in. {words}"
