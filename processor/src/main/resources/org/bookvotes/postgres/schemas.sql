-- The bookstore's schema and that of pg_background, quoted.
SELECT quote_ident(current_schema()) AS bookstore,
       coalesce((SELECT quote_ident(n.nspname)
                 FROM pg_extension e
                 JOIN pg_namespace n ON n.oid = e.extnamespace
                 WHERE e.extname = 'pg_background'),
                quote_ident(current_schema())) AS pg_background
