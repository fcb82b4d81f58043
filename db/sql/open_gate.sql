-- A gate is made when an executor first takes from its lane.
INSERT INTO gates (provider, kind) VALUES (:provider, :kind) ON CONFLICT DO NOTHING
