"""Everything that imports torch. It knows nothing of the screen; the app meets it only as processes."""
