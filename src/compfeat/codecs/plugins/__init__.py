"""The codecs: one module each."""
