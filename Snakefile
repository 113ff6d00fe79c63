"""Multi-task learning with compressible features: the whole paper. `snakemake --cores 2` makes everything."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/scheduling.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/encode.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/gather.smk"
include: "workflow/rules/draw.smk"
include: "workflow/rules/document.smk"
include: "workflow/rules/targets.smk"


rule all:
    default_target: True
    input:
        KEPT or [rules.summarise_all.input, rules.figures.input, rules.paper_all.input],
