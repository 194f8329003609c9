-- The migration left rating() beside the books. current_schema() steps over schemas that the user has no right to use.
SELECT quote_ident(n.nspname) AS bookstore,
       n.nspname = current_schema() IS TRUE AS current
FROM pg_namespace n
WHERE EXISTS (SELECT FROM pg_namespace internal WHERE internal.nspname = 'bookvotes')
  AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'books')
  AND EXISTS (SELECT FROM pg_proc p
              WHERE p.pronamespace = n.oid AND p.proname = 'rating'
                AND p.pronargs = 2
                AND p.proargtypes[0] = 'int'::regtype AND p.proargtypes[1] = 'int'::regtype)
ORDER BY current DESC
LIMIT 1
