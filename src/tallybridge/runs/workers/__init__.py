"""Workers on any number of machines: they carry out what Procrastinate spreads on PostgreSQL (decision 0032)."""
