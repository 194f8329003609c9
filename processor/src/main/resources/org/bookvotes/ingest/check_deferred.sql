-- What a table that was adopted checks only at the commit is checked now, where it can still be told which book it is about.
SET CONSTRAINTS ALL IMMEDIATE
