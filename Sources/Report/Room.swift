// Room: Report.
