"""Everything that measures: speed and quality of trainings, bytes and milliseconds per key."""
