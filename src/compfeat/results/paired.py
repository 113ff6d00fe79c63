"""Paired comparison of the sizes of the same images under two losses: is a saving spread over all images or over some?

Source: METHOD.md, "BD-rate", last paragraph.
"""

from __future__ import annotations

import pandas as pd

PAIRED_COLUMNS = ("n_images", "smaller_share", "saving_percent", "median_saving_percent")


def paired_sizes(sizes: pd.DataFrame, by: list[str], image: str, anchor: str, test: str) -> pd.DataFrame:
    """Compare the bytes of each image under loss ``test`` with those under ``anchor``.

    Args:
        sizes: one row an image, with the columns ``loss``, ``bytes``, ``image`` and those of ``by``.
        by: columns that tell the groups apart (cut, codec, quality).
        image: column that identifies an image within a group.
        anchor: the loss to compare with.
        test: the loss that is compared.

    Returns:
        One row a group, sorted: ``by``, n_images (images that both have), smaller_share (0..1, share of images with
        fewer bytes), saving_percent (of all bytes) and median_saving_percent (of the single images).
    """
    wide = sizes.pivot_table(index=[*by, image], columns="loss", values="bytes")[[anchor, test]].dropna()
    wide["smaller"] = wide[test] < wide[anchor]
    wide["saving"] = 100.0 * (1.0 - wide[test] / wide[anchor])
    groups = wide.groupby(level=by, sort=True)
    totals = groups[[anchor, test]].sum()
    result = pd.DataFrame(
        {
            "n_images": groups.size(),
            "smaller_share": groups["smaller"].mean(),
            "saving_percent": 100.0 * (1.0 - totals[test] / totals[anchor]),
            "median_saving_percent": groups["saving"].median(),
        }
    )
    return result.reset_index()
