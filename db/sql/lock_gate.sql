-- One row per provider and kind carries the cluster-wide number of generations in flight. Whoever claims
-- holds it, so two executors cannot both take the last place, and nobody has to count jobs. What is claimed is
-- decided by the next statement, which sees what the gate's last holder committed.
SELECT provider FROM gates WHERE provider = :provider AND kind = :kind
FOR UPDATE
