// Room: Statistics.
