"""The ftrack actions: what a person sees of Send, Sync and Status in ftrack."""
