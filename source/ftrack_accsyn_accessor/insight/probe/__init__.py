"""Looks at a studio's own accsyn whether it is as the plugin assumes, with a job and files that it clears away.

`probe` does it, `remembered` tells what the last one saw.
"""
