// Room: Kernel.
