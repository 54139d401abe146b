"""The store: a PostgreSQL server, its schema, and named statements on it.

Room: warehouse. Rooms and steps call it; it knows nothing of workbooks or reports. Sums over units and
periods are done here, in SQL; whether a target is met is never decided here.
"""
