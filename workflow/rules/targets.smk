"""What DVC asks for: one target per stage, `snakemake STAGE_all`. Each names its files, so that stale ones do no harm."""


rule prepare_all:
    input:
        [
            path(split)
            for path in (LAYOUT.arrays, LAYOUT.index, LAYOUT.info, LAYOUT.class_shares)
            for split in DATASET.splits
        ],


rule train_all:
    input:
        [
            path(trained)
            for path in (LAYOUT.weights, LAYOUT.description, LAYOUT.epochs)
            for trained in EXPERIMENT.trained()
        ],


rule features_all:
    input:
        list(TABLES.kinds["features"].values()),
        [
            LAYOUT.features(trained, "train")
            for trained in dict.fromkeys(EXPERIMENT.trained_of(run) for run in EXPERIMENT.runs() if CODING.fitted(run))
        ],


rule fit_all:
    input:
        [LAYOUT.fitted(run, name) for run in EXPERIMENT.runs() for name in CODING.fitted(run)],


rule encode_all:
    input:
        [
            path
            for run, codec in CODING.run_codecs()
            if codec != UNCODED
            for path in CODING.coded_files(run, codec).values()
        ],


rule evaluate_all:
    input:
        [path for kind in ("scores", "pictures") for path in TABLES.kinds[kind].values()],


rule summarise_all:
    input:
        [LAYOUT.table(file) for file in TABLES.specs],
