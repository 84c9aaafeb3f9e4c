-- Who was erased and came back: each time that a store is opened it is asked whether there is anybody, and mostly there is nobody.

CREATE INDEX contacts_came_back ON contacts (erased_at) WHERE erased_at IS NOT NULL;
