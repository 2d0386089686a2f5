"""cluster: k-means on codes, one start at a time."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply
from aetui.ml.quality.classes import kmeans_clusters
from aetui.protocol import Packet


def cluster(_context: Context, request: Packet) -> Reply:
    """codes float32 [N, latent_dim], count, seed -> clusters int64 [N]; their inertia.

    Of several starts the one with the smallest inertia, the sum of squared distances to the
    centres, is the best. The client asks for one at a time, so that nothing else waits long.
    """
    count, seed = request.header["count"], request.header["seed"]
    inertia, clusters = kmeans_clusters(request.arrays["codes"], count, seed)
    return {"inertia": inertia}, {"clusters": clusters}
