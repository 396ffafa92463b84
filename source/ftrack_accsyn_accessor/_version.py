"""The version of the plugin, in its only place."""

__version__ = "1.6.1"
