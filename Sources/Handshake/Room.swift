// Room: Handshake.
