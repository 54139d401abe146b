-- Who may do what, re-applied after every migration. Loader: read and append. Door: what stands below, line by line.
-- Reader: the views in `out`.
REVOKE ALL ON ALL TABLES IN SCHEMA ops, core, plan, out FROM public, tongket_loader, tongket_door, tongket_reader;

GRANT USAGE ON SCHEMA ops, core, plan, out TO tongket_loader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ops, core, plan TO tongket_loader;
REVOKE INSERT ON ops.migration FROM tongket_loader;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ops, core, plan, out FROM public;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA core, plan TO tongket_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA out TO tongket_loader;

-- Accounts, what a unit owes and sent, its answers.
GRANT USAGE ON SCHEMA ops, core, out TO tongket_door;
GRANT SELECT ON ops.unit_account, ops.delivery, ops.verdict, out.unit_status TO tongket_door;
-- What a workbook is compared with when it is checked at once.
GRANT SELECT ON ops.explanation, core.current_org_unit, core.current_data_element, core.org_unit, core.data_element,
core.period, core.submission, core.observation TO tongket_door;
GRANT EXECUTE ON FUNCTION core.submission_in_force(text, timestamptz) TO tongket_door;
-- The journal: it may add what happens at a door and nothing else (ops.refuse_foreign_event).
GRANT SELECT, INSERT ON ops.event TO tongket_door;

GRANT USAGE ON SCHEMA out TO tongket_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA out TO tongket_reader;
-- Views of `out` call it, as whoever reads them.
GRANT EXECUTE ON FUNCTION plan.parse_fraction(text) TO tongket_reader;
