"""Tests, one file a concern, through public doors."""
