"""Runs the trainers, follows their runs, asks the inference process. Neither torch nor textual."""
