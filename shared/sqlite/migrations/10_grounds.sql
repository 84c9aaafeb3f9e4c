-- On what a contact's match rests, as a document; none: there is none, or it was made before this was kept.

ALTER TABLE contacts ADD COLUMN grounds TEXT;
