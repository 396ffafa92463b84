"""Status, why and doctor: the one snapshot that all faces show."""
