-- Several links may write one list, each from another group. Which may is judged where a link is saved, within its transaction.

DROP INDEX links_one_writer_per_list;
