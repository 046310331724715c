"""`drumbeat <area> <verb>`: a client of the REST application, wherever that runs."""
