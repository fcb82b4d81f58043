"""Fixtures for every tier."""

pytest_plugins = ["tests.database", "tests.s3_endpoint"]
