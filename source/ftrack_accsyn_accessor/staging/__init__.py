"""What a publish touches, on the host's thread: location, accessor, structure, area."""
