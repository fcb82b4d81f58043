"""How Hypothesis runs here: the same examples every time; ``--hypothesis-profile=explore`` tries new ones."""

from hypothesis import HealthCheck, settings

STEADY = "steady"


def pytest_configure() -> None:
    # No deadline: a shared machine is slow at times, and the suite has its own timeout.
    quiet = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile(STEADY, derandomize=True, database=None, **quiet)  # type: ignore[arg-type] # two kinds of values
    settings.register_profile("explore", print_blob=True, max_examples=500, **quiet)  # type: ignore[arg-type] # see above
    settings.load_profile(STEADY)
