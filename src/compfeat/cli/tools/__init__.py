"""Commands for people: what a run says, where its numbers come from, and whether its files are as recorded."""
