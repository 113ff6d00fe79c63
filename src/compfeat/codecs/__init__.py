"""Codecs: how what a method sends becomes bytes and comes back.

``base.py`` has the base class and the registry, ``plugins/`` one module a codec. A codec of pictures derives from
``frames.FrameCodec``, which quantises and tiles features: one that writes an image file a frame by way of ``images.ImageCodec``, one
that ffmpeg runs by way of ``ffmpeg.FfmpegCodec``. A codec of another kind derives from ``Codec`` and gets features in floating point.
"""
