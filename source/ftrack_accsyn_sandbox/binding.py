"""Sockets for a service: on any free port, or once more on the one that it had."""

from __future__ import annotations

import asyncio
import socket

# Rebinding the port directly after closing it can fail for a moment on some systems.
BIND_ATTEMPTS = 50


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that nobody else may bind to *port*, 0 for any that is free. Raises OSError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR would let two services share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


async def bound_again(host: str, port: int) -> socket.socket:
    """Return a socket on a port that was closed a moment ago. Raises OSError where somebody else has it."""
    for attempt in range(BIND_ATTEMPTS):
        try:
            return bound_socket(host, port)
        except OSError:
            if attempt + 1 == BIND_ATTEMPTS:
                raise
            await asyncio.sleep(0.01)
    raise AssertionError("unreachable")
