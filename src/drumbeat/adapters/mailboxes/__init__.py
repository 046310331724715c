"""Where mail comes in: a server of our own for bounces, and mailboxes elsewhere."""
