"""Training: a warm start that both losses share, then one run a loss from it, alike in everything but the loss."""


def train_flags(cut, loss, seed):
    """Return what the warm start and the runs are told alike."""
    return dict(
        cut=cut,
        loss=loss,
        seed=seed,
        width=config["model"]["width"],
        tasks=config["tasks"],
        batch_size=TRAIN["batch_size"],
        learning_rate=TRAIN["learning_rate"],
        warmup_epochs=TRAIN["warmup_epochs"],
        noise_steps=TRAIN["noise_steps"],
        quantiser_bits=config["quantiser"]["bits"],
        validation_images=TRAIN["validation_images"],
        device=TRAIN["device"],
        precision=TRAIN["precision"],
        threads=TRAIN["threads"],
        encoder_weights=config["model"]["encoder_weights"],
    )


rule warm_start:
    input:
        train=LAYOUT.arrays("train"),
        val=LAYOUT.arrays("val"),
        info=LAYOUT.info("train"),
    output:
        weights=LAYOUT.weights(WARM_START),
        description=LAYOUT.description(WARM_START),
        epoch_table=LAYOUT.epochs(WARM_START),
    params:
        flags=lambda w: flags(
            **train_flags(w.cut, "baseline", w.seed),
            epochs=TRAIN["warm_start_epochs"],
            final_rate_fraction=1,
            strength=0,
            ramp_start_epoch=0,
            ramp_end_epoch=0,
        ),
        code=code("train", "losses.baseline"),
        tools=versions("torch", "numpy"),
    threads: TRAIN["threads"]
    log:
        LAYOUT.log("train", WARM_START.id),
    benchmark:
        LAYOUT.benchmark("train", WARM_START.id)
    shell:
        "python -m compfeat train --train {input.train:q} --val {input.val:q} --info {input.info:q} {params.flags} "
        "--weights {output.weights:q} --description {output.description:q} --epoch-table {output.epoch_table:q} "
        "> {log:q} 2>&1"


rule train:
    input:
        train=LAYOUT.arrays("train"),
        val=LAYOUT.arrays("val"),
        info=LAYOUT.info("train"),
        initial=branch(TRAIN["warm_start_epochs"] > 0, then=[LAYOUT.weights(WARM_START)], otherwise=[]),
        initial_description=branch(
            TRAIN["warm_start_epochs"] > 0, then=[LAYOUT.description(WARM_START)], otherwise=[]
        ),
    output:
        weights=LAYOUT.weights(ANY_RUN),
        description=LAYOUT.description(ANY_RUN),
        epoch_table=LAYOUT.epochs(ANY_RUN),
    params:
        flags=lambda w, input: flags(
            **train_flags(w.cut, w.loss, w.seed),
            epochs=TRAIN["epochs"],
            final_rate_fraction=TRAIN["final_rate_fraction"],
            strength=TRAIN["strength"][w.loss],
            ramp_start_epoch=TRAIN["ramp_epochs"][0],
            ramp_end_epoch=TRAIN["ramp_epochs"][1],
            initial=list(input.initial),
            initial_description=list(input.initial_description),
        ),
        code=lambda w: code("train", f"losses.{w.loss}"),
        tools=versions("torch", "numpy"),
    threads: TRAIN["threads"]
    log:
        LAYOUT.log("train", ANY_RUN.id),
    benchmark:
        LAYOUT.benchmark("train", ANY_RUN.id)
    shell:
        "python -m compfeat train --train {input.train:q} --val {input.val:q} --info {input.info:q} {params.flags} "
        "--weights {output.weights:q} --description {output.description:q} --epoch-table {output.epoch_table:q} "
        "> {log:q} 2>&1"
