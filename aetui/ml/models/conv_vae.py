"""Variational autoencoder of convolutions around fully connected layers."""

from __future__ import annotations

from typing import ClassVar, Final

from torch import Tensor, nn
from torch.nn import functional

from aetui.catalog import CONV_VAE as CONV_VAE_SPEC
from aetui.config import ImageShape
from aetui.ml.models.base import AdamW
from aetui.ml.models.vae import dense_layers
from aetui.ml.models.variational import Variational, posterior
from aetui.model_spec import ModelSpec

CELLS: Final = ((16, 2), (64, 4), (128, 8))  # up to this longer side: pixels of a cell's side


class ConvVAE(Variational):
    """The image is cut into square cells. A convolution reads each with its eight neighbours, and
    one of the same reach writes each (sub-pixel convolution, Shi et al. 2016, arXiv:1609.05158).

    `filters` are how many numbers a cell is between the convolutions and the dense layers, in the
    encoder and in the decoder; `hidden` and `decoder_hidden` are the widths of the dense layers.

    Two large convolutions, because small ones at full size cost a CPU more than they bring. MNIST,
    one thread, bf16, whole schedules of about 28 CPU seconds, seeds 0, 1 and 2: 138.3, 138.1 and
    138.9 nats (5 epochs), and 137.7, 137.2 and 138.2 with the dense layers of vae (7 epochs). A
    step takes 1.5 times as long as one of vae. Cheaper ones reach less in that time, seed 0: 138.6
    nats with 16 and 16 filters, 139.3 with 8 and 32, 139.3 with 256,256 before the code and
    256,256,256 after it.
    """

    spec: ClassVar[ModelSpec] = CONV_VAE_SPEC
    adamw: ClassVar[AdamW] = AdamW(beta2=0.95, weight_decay=0.05)

    def __init__(
        self,
        image_shape: ImageShape,
        hidden: tuple[int, ...],
        decoder_hidden: tuple[int, ...],
        filters: tuple[int, ...],
        latent_dim: int = 2,
        beta: float = 1.0,
    ) -> None:
        super().__init__(image_shape, latent_dim, beta)
        channels, height, width = image_shape.sizes
        self.cell = _cell(image_shape)
        self.rows, self.columns = -(-height // self.cell), -(-width // self.cell)
        cells = self.rows * self.columns
        read, written = filters
        to_code = nn.Linear(hidden[-1], 2 * latent_dim)
        self.encoder = nn.Sequential(
            *(nn.Conv2d(channels, read, 3 * self.cell, self.cell, self.cell), nn.GELU()),
            *(nn.Flatten(), *dense_layers((read * cells, *hidden)), to_code),
        )
        to_cells = nn.Linear(decoder_hidden[-1], written * cells)
        self.decoder = nn.Sequential(
            *(*dense_layers((latent_dim, *decoder_hidden)), to_cells, nn.GELU()),
            nn.Unflatten(1, (written, self.rows, self.columns)),
            nn.Conv2d(written, channels * self.cell**2, 3, padding=1),
            nn.PixelShuffle(self.cell),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        height, width = self.rows * self.cell, self.columns * self.cell
        missing = (0, width - images.shape[3], 0, height - images.shape[2])
        return posterior(self.encoder(functional.pad(images, missing)))

    def decode(self, codes: Tensor) -> Tensor:
        """Logits [N, C, H, W] of the codes [N, latent_dim]."""
        pixels: Tensor = self.decoder(codes)
        return pixels[..., : self.image_shape.height, : self.image_shape.width]


def _cell(image_shape: ImageShape) -> int:
    """The side of a cell, in pixels."""
    longer = max(image_shape.height, image_shape.width)
    return next(cell for most, cell in CELLS if longer <= most)
