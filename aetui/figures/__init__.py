"""Figures at print quality: what `aetui figure` draws, with matplotlib and Pillow.

Never imported by the app, which starts `aetui figure` as a process of its own.
"""
