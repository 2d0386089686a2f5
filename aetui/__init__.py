"""aetui: train autoencoders and walk their latent plane in a terminal."""

__version__ = "0.1.0"
