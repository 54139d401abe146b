-- Who may do what, re-applied after every migration. Loader: read and append. Reader: the views in `out`.
REVOKE ALL ON ALL TABLES IN SCHEMA ops, core, plan, out FROM public, tongket_loader, tongket_reader;

GRANT USAGE ON SCHEMA ops, core, plan, out TO tongket_loader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ops, core, plan TO tongket_loader;
REVOKE INSERT ON ops.migration FROM tongket_loader;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ops, core, plan, out FROM public;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA core, plan TO tongket_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA out TO tongket_loader;

GRANT USAGE ON SCHEMA out TO tongket_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA out TO tongket_reader;
-- Views of `out` call it, as whoever reads them.
GRANT EXECUTE ON FUNCTION plan.parse_fraction(text) TO tongket_reader;
