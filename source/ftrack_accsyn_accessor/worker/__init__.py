"""The background thread: outbox -> workspace -> outbox, ftrack. The only room with threads and leadership."""
