"""Where things are kept: the database, its migrations, sealed files, the warehouse, the key."""
