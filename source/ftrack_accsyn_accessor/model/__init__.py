"""Words and decisions. Pure: no I/O, no clock, no thread; below this room there is nothing."""
