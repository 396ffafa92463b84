"""Actions in ftrack's web page, and the service that answers them for everybody: forms, previews, replies."""
