"""Turn every skip into a failure where ``RUSHES_REQUIRE_ALL`` is set.

A laptop without a container engine or a browser skips what needs them. CI installs everything, so a
skip there is a hole that nobody would see. ``tests/conftest.py`` loads this plugin.
"""

import os
from collections.abc import Generator

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("RUSHES_REQUIRE_ALL"):
        config.pluginmanager.register(_RequireAll(), "rushes-require-all")


class _RequireAll:
    # First in, last out: an expected failure is marked as one by the time that this looks.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.skipped and not hasattr(report, "wasxfail"):
            _fail(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if report.skipped:
            _fail(report)
        return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"RUSHES_REQUIRE_ALL is set and this was skipped: {reason}"
