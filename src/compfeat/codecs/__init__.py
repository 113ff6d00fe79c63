"""Codecs: how what a method sends becomes bytes and comes back.

``base.py`` has the base class and the registry, ``plugins/`` one module per codec. A codec of pictures derives from
``frames.FrameCodec``, which quantises and tiles features: ``images.ImageCodec`` writes one image file
per frame, and ``ffmpeg.FfmpegCodec`` runs ffmpeg. A codec of another kind derives from ``Codec`` and gets features in floating point.
"""
