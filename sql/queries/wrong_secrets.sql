-- Wrong secrets at the doors since a moment (ISO, UTC): of a unit, of it from one address, and from that address.
SELECT
    (
        SELECT count(*)
        FROM ops.event AS e
        WHERE
            e.kind = 'door_refused' AND e.detail ->> 'reason' = 'secret'
            AND e.detail ->> 'unit' = :unit AND e.detail ->> 'at' > :since
    ) AS of_unit,
    (
        SELECT count(*)
        FROM ops.event AS e
        WHERE
            e.kind = 'door_refused' AND e.detail ->> 'reason' = 'secret'
            AND e.detail ->> 'unit' = :unit AND e.detail ->> 'at' > :since AND e.detail ->> 'address' = :address
    ) AS of_unit_from_address,
    (
        SELECT count(*)
        FROM ops.event AS e
        WHERE
            e.kind = 'door_refused' AND e.detail ->> 'reason' = 'secret'
            AND e.detail ->> 'address' = :address AND e.detail ->> 'at' > :since
    ) AS from_address;
