"""What is seen: everything that imports textual. It never imports torch."""
