"""The background's own door to ftrack: sessions, registrations, availability, jobs, notices."""
