-- For one transaction. Of a whole country the planner takes the views for a few rows, and nested loops for cheap.
SET LOCAL enable_nestloop = off;
