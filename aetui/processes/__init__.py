"""Starts trainers, follows runs, asks the inference process. Imports neither torch nor textual."""
