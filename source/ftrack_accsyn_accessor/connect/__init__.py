"""The tab "accsyn" in ftrack Connect. Nothing here imports Qt before Connect has."""
