-- One numberer at a time, or two would give one project's events their numbers out of order. It is the last
-- lock that anybody takes, and nobody waits for it. A holder that is frozen loses it after a second.
SELECT pg_try_advisory_xact_lock(hashtextextended('rushes numbering', 0)) AS held,
       set_config('idle_in_transaction_session_timeout', '1000', true)
