"""What denoising autoencoders share: the loss and the score on noisy images."""

from __future__ import annotations

from torch import Tensor

from aetui.catalog import TEST_SIGMA
from aetui.config import ImageShape
from aetui.ml.data.transforms import add_noise
from aetui.ml.models.base import LOG_2, Autoencoder, Batches, Scores
from aetui.ml.models.losses import binary_cross_entropy, psnr


class Denoising(Autoencoder):
    """Vincent et al. 2010 (JMLR 11), with an encoder and a decoder of any kind."""

    sigma: float

    def __init__(self, image_shape: ImageShape, sigma: float) -> None:
        super().__init__(image_shape)
        self.sigma = sigma

    def forward(self, noisy: Tensor) -> Tensor:
        """Logits [N, C, H, W] of the clean images behind `noisy`."""
        return self.decode(self.encode(noisy))

    def noise_shape(self, count: int) -> tuple[int, ...]:
        return count, *self.image_shape.sizes

    def losses(self, images: Tensor, noise: Tensor) -> Tensor:
        """Binary cross-entropy in nats per pixel."""
        logits = self(add_noise(images, noise, self.sigma))
        return (binary_cross_entropy(logits, images) / images.numel()).unsqueeze(0)

    def score(self, batches: Batches) -> Scores:
        """Binary cross-entropy per pixel and PSNR, at noise of TEST_SIGMA."""
        loss, ratio, count = 0.0, 0.0, 0
        for images, noise in batches:
            logits = self(add_noise(images, noise, TEST_SIGMA))
            loss += binary_cross_entropy(logits, images).item()
            ratio += psnr(logits.float().sigmoid(), images).sum().item()
            count += len(images)
        pixels = count * self.image_shape.values
        return Scores({"test_loss": loss / pixels, "test_psnr": ratio / count})

    def untrained_loss(self) -> float:
        return LOG_2
