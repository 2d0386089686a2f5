"""The run directory, the contract between trainer and viewer: how its files are written and read.

`checkpoints/<run>/` holds config.json, metrics.jsonl, checkpoint.pt, previous.pt, latent/NNNN.npz,
log.txt and lock. Only latent_map needs numpy; checkpoint.pt, which needs torch, is ml.checkpoint's.
"""
