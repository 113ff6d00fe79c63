"""The errors a user can cause. Each message names the file or key, what was found, what was expected, what to do."""


class CompfeatError(Exception):
    """Base of all expected errors; the command line prints its message as one line and exits with 2."""


class ConfigError(CompfeatError):
    """A key or value of the configuration (or of a command's flags) that cannot be used."""


class DataError(CompfeatError):
    """A file of data that is missing, damaged, of the wrong kind, or cannot be written."""


class BitstreamError(CompfeatError):
    """A coded file that cannot be decoded, or differs from its ledger."""


class CheckpointError(CompfeatError):
    """A weights or checkpoint file that is damaged or belongs to another network."""


class ToolError(CompfeatError):
    """An external program that is missing, lacks an encoder, or failed."""
