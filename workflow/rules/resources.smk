"""What jobs ask a scheduler for: memory, time, GPUs and groups. No result depends on any of it; docs/how-to/cluster.md."""

from compfeat.stages.resources import requested


def gpus(training):
    """Return how many GPUs a job with a training's network takes: one on cuda, and where it may choose (`auto`) and this run is
    given some (`--resources gpu=N`)."""
    device = EXPERIMENT.trainings[training].device
    return int(device == "cuda" or (device == "auto" and "gpu" in workflow.global_resources))


def needs(predict, training=None):
    """Return a rule's resources: what `predict` says of a job with its wildcards, and a GPU where a `training`'s network takes one.
    Memory and time double with every further attempt. Results depend on none of them.
    """

    def of(wildcards, threads):
        return requested(predict(wildcards), threads, 0 if training is None else gpus(training(wildcards)))

    return dict(
        mem_mb=lambda wildcards, threads, attempt: of(wildcards, threads).mem_mb * 2 ** (attempt - 1),
        runtime=lambda wildcards, threads, attempt: of(wildcards, threads).runtime * 2 ** (attempt - 1),
        gpu=lambda wildcards, threads: of(wildcards, threads).gpu,
    )


def together(name, training=None):
    """Return the group of jobs that are submitted to a cluster as one; jobs that run here, or that take a GPU for a `training`'s
    network, have none."""

    def group(wildcards):
        alone = training is not None and gpus(training(wildcards))
        return name if workflow.non_local_exec and not alone else None

    return group
