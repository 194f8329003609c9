-- PARALLEL 0: a parallel vacuum would take more workers than its slot stands for.
-- SKIP_LOCKED: if somebody else vacuums the table or holds it, the slot is worth more than waiting.
SELECT pid, cookie FROM bookvotes.launch(?, 'VACUUM (PARALLEL 0, SKIP_LOCKED) books')
