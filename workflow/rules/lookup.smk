"""Which rule makes a file is found by the end of its name, too.

Snakemake looks at every pattern of an output that begins like the file: with coding's patterns, which all begin with the same folder,
that is more than half of a dry run of many points. It then tries all patterns of every rule that remains. Here patterns are found
by beginning and end in a few look-ups, and only those are tried; a file that matches a pattern begins and ends like it, so the rules
found are the same.
"""

from snakemake.common.prefix_lookup import PrefixLookup
from snakemake.output_index import OutputIndex


class PatternsByEnd:
    """Patterns that begin alike, with the rules that they are of, by how they end."""

    def __init__(self):
        self.found = {}
        self.lengths = set()

    def add(self, rule, pattern):
        end = str(pattern.constant_suffix())
        self.found.setdefault(end, []).append((rule, pattern))
        self.lengths.add(len(end))

    def like(self, file):
        """Yield the rules and patterns that end as `file` does."""
        for length in self.lengths:
            if length <= len(file):
                yield from self.found.get(file[len(file) - length :], ())


def index_ends(own, rules, plain=OutputIndex.__init__):
    """Index the patterns of all files that `rules` make."""
    plain(own, rules)
    beginnings = {}
    for maker in rules:
        for pattern in maker.products():
            beginnings.setdefault(str(pattern.constant_prefix()), PatternsByEnd()).add(maker, pattern)
    own.patterns = PrefixLookup(list(beginnings.items()))


def producers_by_ends(own, file):
    """Return the rules that make `file`."""
    like = (pair for _, patterns in own.patterns.match_iter(file) for pair in patterns.like(file))
    return {rule for rule, pattern in like if pattern.match(file)}


# Where another version looks files up in another way, nothing is changed.
if hasattr(OutputIndex, "match_producers"):
    OutputIndex.__init__ = index_ends
    OutputIndex.match_producers = producers_by_ends
