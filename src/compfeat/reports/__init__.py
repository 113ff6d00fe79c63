"""What a reader gets in the end, made from the summary's tables: figures, the paper, the explorer, pages of tables."""
