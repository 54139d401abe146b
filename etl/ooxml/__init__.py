"""Office files as packages: the only room that knows zip, parts, relationships and content types.

Rooms that read or write workbooks and documents call it; it knows nothing of forms, findings or reports.
"""
