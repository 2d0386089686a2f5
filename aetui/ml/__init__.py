"""Everything that imports torch. The app meets it only as processes."""
