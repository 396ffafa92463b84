"""ftrack actions: forms and messages in ftrack's web page, for the user of Connect or for everybody in a service."""
