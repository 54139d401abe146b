"""The attainment room: what the warehouse holds → attainment of a scope's period against every plan.

The arithmetic itself is `etl.attain`; here its inputs are read and its results stored.
"""
