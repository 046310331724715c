"""What is told to a program, before anybody has made text of it."""

JsonObject = dict[str, object]
