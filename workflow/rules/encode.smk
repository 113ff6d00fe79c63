"""Coding: one job a run and codec, from what a method sends to a bitstream, its side information and a ledger of every byte, at
all qualities of the codec."""


def sent(method, split):
    """Return the file of what a method sends of a split: features, or the images."""
    trained = trained_of(method)
    return LAYOUT.features(trained, split) if sends(method) == "features" else LAYOUT.arrays(split)


def fitted_state(method, codec=None):
    """Return the files of a method's fitted transform and of a codec fitted to it, by what a stage calls them."""
    files = {}
    if is_fitted(method):
        files["transform"] = LAYOUT.transform(Run("{cut}", method, "{seed}"))
    if codec not in (None, UNCODED) and codec_class(codec).fitted:
        files["state"] = LAYOUT.codec_state(Run("{cut}", method, "{seed}"), codec)
    return files


def codec_settings(method, codec):
    """Return what sender and receiver are told of a method and a codec."""
    entry, transform = EXPERIMENT.codecs[codec], EXPERIMENT.methods[method].transform
    return dict(
        codec=entry.codec or codec,
        options=entry.options,
        qualities=list(EXPERIMENT.qualities(method)[codec]),
        sends=sends(method),
        transform=None if transform is None else section(transform),
        ffmpeg=EXPERIMENT.tools.ffmpeg,
    )
