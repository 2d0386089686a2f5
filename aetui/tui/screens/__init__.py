"""One file a screen, on base.py."""
