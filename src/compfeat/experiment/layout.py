"""Where files lie: the only place that joins names into paths."""

from __future__ import annotations

from dataclasses import dataclass

from compfeat.settings.runs import Point, Run, Trained


@dataclass(frozen=True)
class Layout:
    """Where files lie: in ``output``, the config's output folder, and ``prepared``, its folder of packed data.

    Every function that gives a path also accepts wildcard text such as ``{cut}``.
    """

    output: str
    prepared: str

    def arrays(self, split: str) -> str:
        """Packed scenes of a split, one record per image (``datasets/packed.py``)."""
        return f"{self.prepared}/{split}.npy"

    def index(self, split: str) -> str:
        """CSV of a split's images in packed order, with the hashes of their source files."""
        return f"{self.prepared}/{split}.csv"

    def info(self, split: str) -> str:
        """JSON with the class names, truth fields, tasks and size of a split's packed data."""
        return f"{self.prepared}/{split}.json"

    def class_shares(self, split: str) -> str:
        """JSON of the share of a split's pixels that are of each class, by task with classes."""
        return f"{self.prepared}/{split}-class-shares.json"

    def weights(self, trained: Trained) -> str:
        return f"{self.output}/train/{trained.id}/weights.safetensors"

    @staticmethod
    def kept(folder: str, cut: str) -> str:
        """The weights of a cut that are kept in ``folder`` for other configurations to start from."""
        return f"{folder}/{cut}.safetensors"

    @staticmethod
    def start(weights: str) -> str:
        """JSON beside kept weights: what network they are, and what it was trained on."""
        return weights.removesuffix(".safetensors") + ".json"

    def description(self, trained: Trained) -> str:
        """JSON that describes the network in ``weights``."""
        return f"{self.output}/train/{trained.id}/network.json"

    def epochs(self, trained: Trained) -> str:
        """CSV of every training epoch's loss terms, weights and validation metrics."""
        return f"{self.output}/train/{trained.id}/epochs.csv"

    def features(self, trained: Trained, split: str) -> str:
        """The features that the encoder computes of a split: float32, N x C x h x w."""
        return f"{self.output}/features/{trained.id}/{split}.npy"

    def fitted(self, run: Run, name: str) -> str:
        """The state of a run's transform (``name`` TRANSFORM) or of one of its codecs, fitted on train features."""
        return f"{self.output}/fit/{run.id}/{name}.npz"

    def bitstreams(self, run: Run, codec: str) -> str:
        """Archive of a codec's bitstreams and side information at all qualities (``transport/bitstreams.py``)."""
        return f"{self.output}/encode/{run.id}/{codec}/bitstreams.zip"

    def ledger(self, run: Run, codec: str) -> str:
        """CSV of the bytes of every image at all qualities of a codec."""
        return f"{self.output}/encode/{run.id}/{codec}/ledger.csv"

    def bitstream(self, point: Point) -> str:
        """One bitstream as a file of its own, to be played or looked at."""
        return f"{self.output}/bitstreams/{point.id}.bin"

    def scores(self, run: Run, codec: str) -> str:
        """Every image's scores at all qualities of a codec."""
        return f"{self.output}/evaluate/{run.id}/{codec}/scores.npz"

    def distortions(self, run: Run, codec: str) -> str:
        """Every image's mean squared error, in what is coded, at all qualities of a codec."""
        return f"{self.output}/evaluate/{run.id}/{codec}/distortions.npz"

    def pictures(self, run: Run, codec: str) -> str:
        """What a few chosen images look like at all qualities of a codec."""
        return f"{self.output}/evaluate/{run.id}/{codec}/pictures.npz"

    def table(self, name: str) -> str:
        return f"{self.output}/summarise/{name}"

    def figure(self, name: str, suffix: str) -> str:
        return f"{self.output}/figures/{name}.{suffix}"

    def document(self, name: str) -> str:
        return f"{self.output}/paper/{name}"

    def log(self, stage: str, key: str) -> str:
        return f"{self.output}/logs/{stage}/{key}.log"

    def benchmark(self, stage: str, key: str) -> str:
        return f"{self.output}/benchmarks/{stage}/{key}.tsv"
