-- A button that was pressed.
INSERT INTO "notification_presses" ("channel_id", "use_hash", "expires_at") VALUES ('ntc_01m82000000000000000000010', '\xbd834aef7491019964a0c48d9407e30183d778c8859311f07c08a8d0d382c406', '2026-11-22T16:00:00.000Z');
