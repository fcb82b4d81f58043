-- Brings what is held for these jobs into step with what became of them, and repeats nothing: charges what is
-- known to be due, gives back the rest, and keeps for an attempt in doubt what was held for it while its job goes
-- on without it. What costs more than was held takes the balance as far as it goes; the rest is owed. The
-- accounts are locked.
WITH due AS MATERIALIZED (
    SELECT v.job_id, v.number, v.project_id, v.receipt_id, v.attempt_id, v.verdict, v.amount AS held,
           CASE v.verdict WHEN 'settle' THEN v.cost ELSE 0 END AS cost
    FROM hold_verdicts v
    WHERE v.job_id = ANY(CAST(:jobs AS uuid[])) AND v.verdict <> 'open'
), ended AS MATERIALIZED (
    SELECT d.*, least(d.cost, d.held) AS covered, greatest(d.cost - d.held, 0) AS beyond,
           greatest(d.held - d.cost, 0) AS rest
    FROM due d WHERE d.verdict IN ('settle', 'release')
), charged AS MATERIALIZED (
    SELECT e.*, CAST(greatest(0, least(e.beyond, a.balance + sum(e.rest) OVER whole
                - (sum(e.beyond) OVER so_far - e.beyond))) AS bigint) AS more
    FROM ended e JOIN credit_accounts a ON a.project_id = e.project_id
    WINDOW whole AS (PARTITION BY e.project_id),
           so_far AS (PARTITION BY e.project_id ORDER BY e.job_id, e.number)
), closed AS (
    DELETE FROM credit_holds h USING ended e WHERE h.job_id = e.job_id AND h.number = e.number
), kept AS (
    UPDATE credit_holds h SET attempt_id = d.attempt_id
    FROM due d WHERE d.verdict = 'keep' AND h.job_id = d.job_id AND h.number = d.number
)
INSERT INTO credit_ledger (project_id, kind, amount, held, spent, owed, job_id, attempt_id, key, receipt_id)
SELECT project_id, 'settle', -more, -covered, covered + more, beyond - more, job_id, attempt_id,
       'settle:' || attempt_id, receipt_id
FROM charged WHERE cost > 0
UNION ALL
SELECT project_id, 'release', rest, -rest, 0, 0, job_id, attempt_id, 'release:' || job_id || ':' || number, receipt_id
FROM charged WHERE rest > 0
