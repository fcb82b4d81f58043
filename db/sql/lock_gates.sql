-- Before projects, scenes and jobs: everybody locks in this order.
SELECT g.provider FROM gates g
JOIN jsonb_to_recordset(CAST(:gates AS jsonb)) AS w(provider text, kind text)
    ON w.provider = g.provider AND w.kind = g.kind
ORDER BY g.provider, g.kind
FOR UPDATE OF g
