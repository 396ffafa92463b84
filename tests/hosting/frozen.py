"""An application that is frozen: it publishes, and goes."""

from __future__ import annotations

from artist import open_and_publish

if __name__ == "__main__":
    open_and_publish("frozen")
