"""How long something may take, as people write it."""


def plain_seconds(value: object) -> object:
    """Read text that is a number as seconds; leave any other to whoever reads durations, such as PT10S."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
