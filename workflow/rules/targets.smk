"""What DVC asks for: one target a stage, `snakemake STAGE_all`. Each names its files, so that stale ones do no harm."""


rule prepare_all:
    input:
        results_of([LAYOUT.arrays, LAYOUT.index, LAYOUT.info], SPLITS),


rule train_all:
    input:
        results_of([LAYOUT.weights, LAYOUT.description, LAYOUT.epochs], TRAINED),


rule features_all:
    input:
        [LAYOUT.features(trained, "val") for trained in FEATURES],
        [
            LAYOUT.features(trained, "train")
            for trained in dict.fromkeys(EXPERIMENT.trained_of(run) for run, _ in FITTED)
        ],


rule fit_all:
    input:
        [LAYOUT.fitted(run, name) for run, name in FITTED],


rule encode_all:
    input:
        [path for run, codec in CODED for path in CODING.coded_files(run, codec).values()],


rule evaluate_all:
    input:
        [path(run, codec) for path in (LAYOUT.scores, LAYOUT.pictures) for run, codec in RUN_CODECS],


rule summarise_all:
    input:
        [LAYOUT.table(name) for name in TABLE_FILES],
