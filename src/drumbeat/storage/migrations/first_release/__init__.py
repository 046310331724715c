"""The tables of the first release as they were then; the stores may move on, this may not."""
