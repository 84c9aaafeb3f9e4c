-- How many stand to a list in which way, kept with it: whoever looks at a list of many thousands does not count them each time.
-- Triggers keep it, so that whatever writes a membership keeps it too.

ALTER TABLE lists ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lists ADD COLUMN opted_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lists ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lists ADD COLUMN ending INTEGER NOT NULL DEFAULT 0; -- members whose membership has an end

UPDATE lists SET (members, opted_out, pending, ending) = (
    SELECT count(*) FILTER (WHERE standing = 'member'),
           count(*) FILTER (WHERE standing = 'opted_out'),
           count(*) FILTER (WHERE standing = 'pending'),
           count(until) FILTER (WHERE standing = 'member')
    FROM memberships WHERE memberships.list = lists.n);

-- The first of those ends.
CREATE INDEX memberships_ending ON memberships (list, until) WHERE until IS NOT NULL AND standing = 'member';

CREATE TRIGGER memberships_begin AFTER INSERT ON memberships WHEN NEW.standing <> 'absent' BEGIN
    UPDATE lists SET
        members = members + (NEW.standing = 'member'),
        opted_out = opted_out + (NEW.standing = 'opted_out'),
        pending = pending + (NEW.standing = 'pending'),
        ending = ending + (NEW.standing = 'member' AND NEW.until IS NOT NULL)
    WHERE n = NEW.list;
END;

CREATE TRIGGER memberships_change AFTER UPDATE OF standing, until ON memberships
WHEN NEW.standing <> OLD.standing OR (NEW.until IS NULL) <> (OLD.until IS NULL) BEGIN
    UPDATE lists SET
        members = members + (NEW.standing = 'member') - (OLD.standing = 'member'),
        opted_out = opted_out + (NEW.standing = 'opted_out') - (OLD.standing = 'opted_out'),
        pending = pending + (NEW.standing = 'pending') - (OLD.standing = 'pending'),
        ending = ending + (NEW.standing = 'member' AND NEW.until IS NOT NULL)
            - (OLD.standing = 'member' AND OLD.until IS NOT NULL)
    WHERE n = NEW.list;
END;

CREATE TRIGGER memberships_end AFTER DELETE ON memberships WHEN OLD.standing <> 'absent' BEGIN
    UPDATE lists SET
        members = members - (OLD.standing = 'member'),
        opted_out = opted_out - (OLD.standing = 'opted_out'),
        pending = pending - (OLD.standing = 'pending'),
        ending = ending - (OLD.standing = 'member' AND OLD.until IS NOT NULL)
    WHERE n = OLD.list;
END;
