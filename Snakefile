"""Multi-task learning with compressible features: the whole paper. `snakemake --cores 2` makes everything."""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/encode.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/summarise.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/targets.smk"


rule all:
    default_target: True
    input:
        rules.summarise.output,
        rules.statistics.output,
        rules.metrics.output,
        rules.figures.input,
        rules.paper.output,
        rules.explorer.output,
        rules.table_pages.input,
