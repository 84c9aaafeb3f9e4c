-- What a status tells of a link, beside its documents: of ten thousand links only those with something open are parsed.

ALTER TABLE links ADD COLUMN group_names TEXT NOT NULL DEFAULT ''; -- for people
ALTER TABLE links ADD COLUMN calm INTEGER NOT NULL DEFAULT 0; -- a status finds nothing in its progress; 0: it may

UPDATE links SET group_names = concat_ws(', ',
    json_extract(doc, '$.value.group_name'),
    (SELECT group_concat(json_extract(source.value, '$.name'), ', ' ORDER BY source.key)
     FROM json_each(doc, '$.value.more') source));
