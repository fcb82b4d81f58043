"""Fixtures for every tier."""

pytest_plugins = ["tests.database", "tests.properties", "tests.require_all", "tests.s3_endpoint"]
