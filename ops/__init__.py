"""Running Tongket on one machine: start and stop Airflow, drive a demonstration, compute periods again.

These are scripts for the shell and the Makefile. They speak to Airflow over its REST API and never import it.
"""
