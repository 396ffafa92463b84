"""Lets an interpreter run the command line by name: `python -m ftrack_accsyn_accessor.cli`."""

from ftrack_accsyn_accessor.cli import main

main()
