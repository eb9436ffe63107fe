// Room: Wire.
