"""What DVC asks for: one target a stage, `snakemake STAGE_all`. Each names its files, so that stale ones do no harm."""

FITTED = [run for run in EXPERIMENT.runs() if is_fitted(run.method) or run.method in dict(FITTED_CODECS)]
CODED = [point for point in EXPERIMENT.points() if point.codec != UNCODED]


rule prepare_all:
    input:
        results_of([LAYOUT.arrays, LAYOUT.index, LAYOUT.info], SPLITS),


rule train_all:
    input:
        results_of([LAYOUT.weights, LAYOUT.description, LAYOUT.epochs], TRAINED),


rule features_all:
    input:
        [LAYOUT.features(trained, "val") for trained in FEATURES],
        [LAYOUT.features(trained, "train") for trained in dict.fromkeys(EXPERIMENT.trained_of(run) for run in FITTED)],


rule fit_all:
    input:
        [LAYOUT.transform(run) for run in FITTED if is_fitted(run.method)],
        [LAYOUT.codec_state(run, codec) for run in FITTED for method, codec in FITTED_CODECS if method == run.method],


rule encode_all:
    input:
        results_of([LAYOUT.stream, LAYOUT.side_info, LAYOUT.ledger], CODED),


rule evaluate_all:
    input:
        [path(run, codec) for path in (LAYOUT.scores, LAYOUT.pictures) for run, codec in RUN_CODECS],


rule summarise_all:
    input:
        [LAYOUT.table(name) for name in TABLE_FILES],
