"""The paper, set from this run's numbers: ``facts`` says what is reported, ``paper.typ`` how, ``build`` makes the PDF."""
