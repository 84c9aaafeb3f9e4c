-- What the guard counts besides removals: additions by runs. All that was counted before are removals.

ALTER TABLE removals ADD COLUMN op TEXT NOT NULL DEFAULT 'remove'; -- 'add', 'remove'
ALTER TABLE list_removals ADD COLUMN op TEXT NOT NULL DEFAULT 'remove';
