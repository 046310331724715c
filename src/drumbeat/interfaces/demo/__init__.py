"""A simulated market acts on the real product: real SMTP in, real HTTP back, on a quick clock."""
