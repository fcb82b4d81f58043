"""Acme's clips for Rushes: set ACME_API_KEY and VIDEO_PROVIDER=acme."""

from rushes_acme.factory import providers

__all__ = ["providers"]
