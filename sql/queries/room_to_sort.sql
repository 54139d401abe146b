-- Memory for one sum's sorts, until the transaction ends: beyond the default they spill to disk.
SELECT set_config('work_mem', '256MB', TRUE);
