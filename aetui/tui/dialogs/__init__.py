"""What opens over a screen: settings, the list of runs, help."""
