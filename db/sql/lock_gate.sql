-- One row per provider and kind carries the cluster-wide number of generations in flight. Whoever claims
-- holds it, so two executors cannot both take the last place, and nobody has to count jobs.
-- A pause lets nothing through; the first claim after a fault is a single probe.
SELECT CASE
    WHEN paused_until > now() THEN 0
    WHEN faults > 0 THEN least(1, CAST(:limit AS integer) - in_flight)
    ELSE CAST(:limit AS integer) - in_flight
END AS room, turn
FROM gates WHERE provider = :provider AND kind = :kind
FOR UPDATE
