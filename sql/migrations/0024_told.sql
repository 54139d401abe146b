-- A published document is told of once as lineage: by the next task of dispatch, for a decision on the page is no task.
INSERT INTO ops.event_kind (kind) VALUES ('publication_told');

-- Wrong secrets are counted here for every process of the doors: by unit and by where they came from. `at` is ISO, UTC.
CREATE INDEX wrong_secret_of_unit ON ops.event ((detail ->> 'unit'), (detail ->> 'at'))
WHERE kind = 'door_refused' AND detail ->> 'reason' = 'secret';
CREATE INDEX wrong_secret_of_address ON ops.event ((detail ->> 'address'), (detail ->> 'at'))
WHERE kind = 'door_refused' AND detail ->> 'reason' = 'secret';
