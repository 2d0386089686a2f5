"""Everything that imports textual. It never imports torch."""
