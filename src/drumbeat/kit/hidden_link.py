"""The number of the link in a mail that no reader sees: whoever follows it follows everything."""

HIDDEN_LINK = 32_767
