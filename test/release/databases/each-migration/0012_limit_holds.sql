-- A call that ended with no word of what it took.
INSERT INTO "limit_leases" ("audit_id", "policy_id", "expires_ms", "held") VALUES ('aud_01m82000000000000000000012', 'pol_01m81vtr4c60bfjm75rj3xvqxe', 1795359093153.5, '{"atMs":1795359093100,"weights":{"tokensPerDay":1200}}');
