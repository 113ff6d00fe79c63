from __future__ import annotations

import numpy as np

from compfeat.codecs.spectra import dct2, inverse_dct2, variances

MAPS = np.random.default_rng(0).standard_normal((7, 3, 4, 6)).astype(np.float32)


def test_the_transform_is_orthonormal() -> None:
    rows, columns = (np.cos(np.pi / n * np.outer(np.arange(n), np.arange(n) + 0.5)) for n in (4, 6))
    for basis in (rows, columns):
        basis *= np.sqrt(2 / len(basis))
        basis[0] /= np.sqrt(2)
    np.testing.assert_allclose(dct2(MAPS), rows @ MAPS @ columns.T, atol=1e-12)
    np.testing.assert_allclose(inverse_dct2(dct2(MAPS)), MAPS, atol=1e-12)


def test_variances_are_those_of_the_coefficients() -> None:
    np.testing.assert_allclose(variances(lambda: iter(MAPS)), dct2(MAPS).var(axis=0), rtol=1e-12)
