-- Before projects, scenes and jobs: everybody locks in this order. Whoever does not know the provider yet,
-- because a claim may name it any moment, locks all of them.
SELECT g.provider FROM gates g
JOIN jsonb_to_recordset(CAST(:gates AS jsonb)) AS w(provider text, kind text)
    ON w.kind = g.kind AND (w.provider = g.provider OR w.provider IS NULL)
ORDER BY g.provider, g.kind
FOR UPDATE OF g
