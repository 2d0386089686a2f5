"""What the inference process answers: one file for each kind of request, listed in registry.py."""
