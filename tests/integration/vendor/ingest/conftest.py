"""Vendors with something delivered."""

from __future__ import annotations

from ingesting import ingest_studio, studio_environment, vendor

__all__ = ["ingest_studio", "studio_environment", "vendor"]
