-- One row per provider and kind carries the cluster-wide number of generations in flight. Whoever claims
-- holds it, so two executors cannot both take the last place, and nobody has to count jobs.
-- A pause lets nothing through; the first claim after a fault is a single probe, and nothing follows it
-- until it is answered or overdue.
SELECT CASE
    WHEN greatest(paused_until, probed_until) > now() THEN 0
    WHEN faults > 0 THEN least(1, CAST(:limit AS integer) - in_flight)
    ELSE CAST(:limit AS integer) - in_flight
END AS room, turn
FROM gates WHERE provider = :provider AND kind = :kind
FOR UPDATE
