"""A studio whose accsyn runs the hooks of the command line."""

from __future__ import annotations

from hooking import hook_studio, hooking

__all__ = ["hook_studio", "hooking"]
