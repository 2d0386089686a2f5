"""cluster: k-means on codes, one start at a time."""

from __future__ import annotations

import numpy as np

from aetui.ml.answers.context import Context, Reply
from aetui.protocol import Packet


def cluster(_context: Context, request: Packet) -> Reply:
    """codes float32 [N, latent_dim], count, seed -> clusters int64 [N]; their inertia.

    Of several starts the one with the smallest inertia, the sum of squared distances to the
    centres, is the best. The client asks for one at a time, so that nothing else waits long.
    """
    from sklearn.cluster import KMeans  # late: no other answer needs it

    codes = request.arrays["codes"]
    count = min(request.header["count"], len(np.unique(codes, axis=0)))
    found = KMeans(count, n_init=1, random_state=request.header["seed"]).fit(codes)
    return {"inertia": float(found.inertia_)}, {"clusters": found.labels_.astype(np.int64)}
