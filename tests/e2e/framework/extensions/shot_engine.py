"""The engine of a studio's framework set-up: its plugins share what each has found out."""

from __future__ import annotations

from typing import Any

from ftrack_framework_core.engine import BaseEngine


class ShotEngine(BaseEngine):  # type: ignore[misc]
    name = "shot_engine"

    def get_store(self) -> dict[str, Any]:
        return {"components": {}}
