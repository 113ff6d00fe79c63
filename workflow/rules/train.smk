"""Training: a warm start that both losses share, then one run a loss from it, alike in everything but the loss."""


rule warm_start:
    input:
        train=LAYOUT.arrays("train"),
        val=LAYOUT.arrays("val"),
        info=LAYOUT.info("train"),
    output:
        weights=LAYOUT.weights(WARM_START),
        description=LAYOUT.description(WARM_START),
        epoch_table=LAYOUT.epochs(WARM_START),
    log:
        LAYOUT.log("train", WARM_START.id),
    benchmark:
        LAYOUT.benchmark("train", WARM_START.id)
    threads: TRAIN["threads"]
    params:
        *code("train", "losses.baseline"),
        flags=lambda w: flags(
            **train_flags(w.cut, "baseline", w.seed),
            phases=json.dumps(TRAIN["warm_start"]),
            strength=0,
            strength_factors="[[0, 0]]",
        ),
        tools=versions("torch", "numpy"),
    shell:
        "python -m compfeat train --train {input.train:q} --val {input.val:q} --info {input.info:q} {params.flags} "
        "--weights {output.weights:q} --description {output.description:q} --epoch-table {output.epoch_table:q} "
        "> {log:q} 2>&1"


rule train:
    input:
        train=LAYOUT.arrays("train"),
        val=LAYOUT.arrays("val"),
        info=LAYOUT.info("train"),
        initial=branch(
            bool(TRAIN["warm_start"]),
            then=[LAYOUT.weights(WARM_START)],
            otherwise=[],
        ),
    output:
        weights=LAYOUT.weights(ANY_RUN),
        description=LAYOUT.description(ANY_RUN),
        epoch_table=LAYOUT.epochs(ANY_RUN),
    log:
        LAYOUT.log("train", ANY_RUN.id),
    benchmark:
        LAYOUT.benchmark("train", ANY_RUN.id)
    threads: TRAIN["threads"]
    params:
        *code("train"),
        # From the wildcards alone: Snakemake does not compare params that are made from `input`, so a change would be missed.
        flags=lambda w: flags(
            **train_flags(w.cut, w.loss, w.seed),
            phases=json.dumps(TRAIN["phases"]),
            strength=TRAIN["strength"].get(w.loss, {}).get(w.cut, 0),
            strength_factors=json.dumps(TRAIN["strength_factors"]),
            initial=([LAYOUT.weights(WARM_START).format(**w)] if TRAIN["warm_start"] else []),
        ),
        loss_code=lambda w: plugin_code("train", f"losses.{w.loss}"),
        tools=versions("torch", "numpy"),
    shell:
        "python -m compfeat train --train {input.train:q} --val {input.val:q} --info {input.info:q} {params.flags} "
        "--weights {output.weights:q} --description {output.description:q} --epoch-table {output.epoch_table:q} "
        "> {log:q} 2>&1"
