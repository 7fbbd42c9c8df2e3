-- A backup was made.
UPDATE "installation" SET "backed_up_at" = '2026-11-22T17:00:00.000Z';
