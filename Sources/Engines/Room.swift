// Room: Engines.
