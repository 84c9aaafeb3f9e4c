-- Until when whoever left a list stays in its group: a JSON object.

ALTER TABLE members ADD COLUMN grace TEXT;
