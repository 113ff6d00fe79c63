"""Figures: each drawn from files of ``summarise/`` alone.

``base.py`` has what a figure declares and the registry, ``plugins/`` one module per figure. A module says which files its figure
needs, so that the workflow redraws it when one of them changes. Modules import neither matplotlib nor seaborn at their top: the
workflow reads their declarations.
"""
