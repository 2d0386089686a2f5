"""The networks that are built around a person's own modules: how they are trained and scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

import torch
from torch import Tensor, nn

from aetui.catalog import ELBO, ELBO_LOSSES, PSNR
from aetui.config import ImageShape
from aetui.errors import BadInput
from aetui.ml.models.base import AdamW, Autoencoder, Batches, Scores
from aetui.ml.models.denoising import Denoising
from aetui.ml.models.losses import binary_cross_entropy
from aetui.ml.models.own_module import Form, OwnModule, build_module, form_of, points_of
from aetui.ml.models.variational import Variational
from aetui.model_spec import Score, Value

EPSILON: Final = 1e-6  # how near to 0 and 1 a pixel that went through a sigmoid may be
SCORE_SEED: Final = 1


class OwnNetwork(Autoencoder):
    """A person's module within the network that aetui trains."""

    adamw: ClassVar[AdamW] = AdamW(beta2=0.999, weight_decay=0.0)
    score_kind: ClassVar[Score]
    loss_names: ClassVar[tuple[str, ...]] = ("loss",)
    loss_unit: ClassVar[str] = "nats per image"
    module_class: ClassVar[type[nn.Module]]
    module: nn.Module
    form: Form

    def wrap_module(self, options: Mapping[str, Any]) -> None:
        """Build the person's module, and try it on images of this shape."""
        self.module = build_module(self.module_class, self.image_shape, options)
        self.form = form_of(self.module, self.image_shape)

    def own_codes(self, images: Tensor) -> Any:
        return cast(OwnModule, self.module).encode(images)

    def decode(self, codes: Tensor) -> Tensor:
        pixels = cast(OwnModule, self.module).decode(codes)
        pixels = pixels.reshape(-1, *self.image_shape.sizes)
        return pixels if self.form.is_logits else pixels.float().logit(EPSILON)

    def can_change(self, setting: str) -> bool:
        return super().can_change(setting) or setting in self.form.kept

    def change(self, setting: str, value: Value) -> None:
        super().change(setting, value)
        if setting in self.form.kept:
            setattr(self.module, setting, value)

    @property
    def weights_module(self) -> nn.Module:
        return self.module


class OwnVariational(OwnNetwork, Variational):
    """A module whose codes are distributions, trained on the ELBO."""

    score_kind: ClassVar[Score] = ELBO
    loss_names: ClassVar[tuple[str, ...]] = ELBO_LOSSES

    def __init__(self, image_shape: ImageShape, **options: Any) -> None:
        super().__init__(image_shape, 0, options["beta"])
        self.wrap_module(options)
        self.latent_dim = self.form.code_shape[0]

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        z_mean, z_log_sigma = self.own_codes(images)
        return z_mean.float(), z_log_sigma.float()


class OwnDenoising(OwnNetwork, Denoising):
    """A module that takes `sigma`, trained to remove noise."""

    score_kind: ClassVar[Score] = PSNR
    loss_unit: ClassVar[str] = "nats per pixel"

    def __init__(self, image_shape: ImageShape, **options: Any) -> None:
        super().__init__(image_shape, options["sigma"])
        self.wrap_module(options)

    def encode(self, images: Tensor) -> Tensor:
        return cast(Tensor, self.own_codes(images))


class OwnPlain(OwnNetwork):
    """A module whose codes are points, trained to reconstruct."""

    score_kind: ClassVar[Score] = Score("test_loss", "nats")

    def __init__(self, image_shape: ImageShape, **options: Any) -> None:
        super().__init__(image_shape)
        self.wrap_module(options)

    def encode(self, images: Tensor) -> Any:
        return self.own_codes(images)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the reconstructed images."""
        return self.decode(points_of(self.encode(images)))

    def noise_shape(self, count: int) -> tuple[int, ...]:
        return count, 1  # unused; a loss of its own draws the noise that it needs

    def losses(self, images: Tensor, noise: Tensor) -> Tensor:
        return self.loss(images).float().reshape(1)

    def loss(self, images: Tensor) -> Tensor:
        """The mean loss over `images`, in nats per image."""
        return binary_cross_entropy(self(images), images) / len(images)

    def score(self, batches: Batches) -> Scores:
        """The mean loss on the test set, with the same random numbers each time."""
        total, count = 0.0, 0
        codes: list[Tensor] = []
        device = next(self.parameters()).device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(SCORE_SEED)
            for images, _ in batches:
                total += self.loss(images).item() * len(images)
                count += len(images)
                if self.form.has_plane:
                    codes.append(points_of(self.encode(images)).float().cpu())
        record = {"test_loss": total / count}
        if not codes:
            return Scores(record)
        points = torch.cat(codes)
        return Scores(record, points, points.var(0))


class OwnLoss(OwnPlain):
    """A module with a loss of its own."""

    score_kind: ClassVar[Score] = Score("test_loss", "loss")
    loss_unit: ClassVar[str] = "its own loss"

    def loss(self, images: Tensor) -> Tensor:
        """The module's own loss; `BadInput` where that is not one number."""
        loss = cast(Any, self.module).loss(images)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            given = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
            problem = "must be a tensor of one number, a mean over the images"
            raise BadInput(f"the loss of {self.spec.title} {problem}, not {given}.")
        return loss

    def untrained_loss(self) -> float:
        return torch.inf  # nothing is known of it
