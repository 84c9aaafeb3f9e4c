-- How what is held true of a member in the group came about: 'observed', or nothing where we wrote it or nothing tells.

ALTER TABLE members ADD COLUMN group_origin TEXT;
