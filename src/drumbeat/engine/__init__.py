"""The engine: acts between units of work, as the person whose decision it carries out."""
