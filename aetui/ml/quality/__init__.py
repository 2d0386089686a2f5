"""How good a trained model's codes are, and how well it explains images it has not seen."""
