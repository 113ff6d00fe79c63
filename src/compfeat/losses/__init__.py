"""Losses: how a training weighs the losses of its tasks, and what it asks of the features beside them.

``base.py`` has the base class of declarations and the registry, ``plugins/`` one module per loss. A module declares its options and a
function that builds the loss, an nn.Module derived from ``loss.Loss``. It imports torch inside that function, so that options can be
checked without it.
"""
