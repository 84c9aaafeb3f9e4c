-- What is kept of a run that found nothing: in its link's row, until the next run.

ALTER TABLE links ADD COLUMN quiet TEXT;
