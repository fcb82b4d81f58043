-- Takes what was asked for, to be done in this transaction; what another executor is at is left to it.
WITH due AS MATERIALIZED (
    SELECT id FROM roll_ups_due ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
)
DELETE FROM roll_ups_due r USING due d WHERE r.id = d.id RETURNING r.project_id, r.scene_id
