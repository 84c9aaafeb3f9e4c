-- Since when a contact is one who was erased, and did not say yes to all lists since: whatever else they said no to.

ALTER TABLE contacts ADD COLUMN erased_at INTEGER;
UPDATE contacts SET erased_at = opted_out_at WHERE opted_out = 'erased';
