"""Tests, one file a concern. They go through public doors: commands, run directories, the Python contract, keys."""
