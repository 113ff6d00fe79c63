"""Tables: one job per table, a module of compfeat.results.tables.plugins, from the files that it declares."""

for remark in filter(None, (unused for _, unused in TABLES.records.values())):
    logger.warning(remark)


rule table:
    input:
        lambda w: list(TABLES.inputs(w.table).values()),
    output:
        LAYOUT.table("{table}"),
    log:
        LAYOUT.log("summarise", "{table}"),
    benchmark:
        LAYOUT.benchmark("summarise", "{table}")
    wildcard_constraints:
        table="|".join(re.escape(file) for file in TABLES.specs if file not in TABLES.shown),
    group:
        together("results")
    resources:
        **needs(lambda w: JOBS.shown("gather")),
    params:
        *code("gather"),
        caption=lambda w: TABLES.specs[w.table].caption,
        settings=lambda w: settings(**TABLES.settings(w.table)),
        inputs=lambda w: flags(inputs=[f"{key}={path}" for key, path in TABLES.inputs(w.table).items()]),
        table_code=lambda w: plugin_code("gather", *TABLES.modules(w.table)),
        tools=versions("numpy", "pandas", "scipy", "bjontegaard"),
    shell:
        "python -m compfeat gather --settings {params.settings} {params.inputs} --output {output:q} > {log:q} 2>&1"


use rule table as table_shown with:
    output:
        report(
            LAYOUT.table("{table}"),
            caption="../report/table.rst",
            category=lambda w: TABLES.specs[w.table].category,
            labels=lambda w: {"result": f"table: {TABLES.specs[w.table].title}"},
        ),
    wildcard_constraints:
        table="|".join(re.escape(file) for file in TABLES.shown),
