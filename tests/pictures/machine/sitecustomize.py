"""Gives every Python that has this folder on its path another host name: the pictures show a machine of the studio."""

from __future__ import annotations

import socket

socket.gethostname = lambda: "ws042"
