"""Bootstraps of PGR over test examples in numpy and scipy; reads scores as JSON from standard input, prints JSON."""

import json
import sys
import time

import numpy as np
from scipy.stats import bootstrap

B = 10_000

scores = json.load(sys.stdin)
# Mean over seeds of every example: resampling examples needs no more.
weak, transfer, ceiling = (np.asarray(scores[name], dtype=float).mean(axis=0) for name in ("weak", "transfer", "ceiling"))
one_weak, one_transfer = np.asarray(scores["weak"][0], dtype=float), np.asarray(scores["transfer"][0], dtype=float)


def numpy_mean():
    """The one list whose bootstrap field practice times: the mean difference of two models, one seed."""
    rng = np.random.default_rng(0)
    difference = one_transfer - one_weak
    means = difference[rng.integers(0, difference.size, (B, difference.size))].mean(axis=1)
    return np.percentile(means, [2.5, 97.5])


def numpy_pgr():
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, weak.size, (B, weak.size))
    w, t, c = (values[drawn].mean(axis=1) for values in (weak, transfer, ceiling))
    return np.percentile((t - w) / (c - w), [2.5, 97.5])


def scipy_bca():
    def statistic(w, t, c, axis=-1):
        w, t, c = w.mean(axis=axis), t.mean(axis=axis), c.mean(axis=axis)
        return (t - w) / (c - w)

    result = bootstrap(
        (weak, transfer, ceiling), statistic, n_resamples=B, paired=True, vectorized=True, method="BCa", rng=0
    )
    return result.confidence_interval


def timed(name, run, repeats=5):
    interval = run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return {"name": name, "ms": 1000 * sorted(times)[repeats // 2], "interval": [float(end) for end in interval]}


print(
    json.dumps(
        [
            timed("numpy, mean of one list (no PGR)", numpy_mean),
            timed("numpy, PGR, percentile", numpy_pgr),
            timed("scipy, PGR, BCa", scipy_bca),
        ]
    )
)
