package postgres

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// foreign counts the objects in our schema that belong to another role or run its
// code: a role that may create schemas could have created ours first, with a
// trigger that runs with our rights. An object is ours if it belongs to this role,
// to a role that it is a member of, or to a superuser, who has all rights anyway.
const foreign = `select
	(select count(*) from pg_namespace where nspname = 'squire' and not pg_has_role(nspowner, 'usage') and not (select rolsuper from pg_roles r where r.oid = nspowner)) +
	(select count(*) from pg_class c where relnamespace = to_regnamespace('squire') and (not pg_has_role(relowner, 'usage') and not (select rolsuper from pg_roles r where r.oid = relowner) or relhasrules or relrowsecurity)) +
	(select count(*) from pg_trigger t join pg_class c on c.oid = tgrelid where relnamespace = to_regnamespace('squire') and not tgisinternal)`

// checkOwner refuses a schema with foreign objects.
func (s *Store) checkOwner(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var n int
	if err := s.pool.QueryRow(ctx, foreign).Scan(&n); err != nil {
		return s.fault(ctx, err)
	}
	if n > 0 {
		return resolve.WithHint(fmt.Errorf("%w: in %s the schema squire, or something in it, belongs to another role, or has triggers, rules or row security", resolve.ErrUnavailable, s.location),
			"psql -c '\\dn+ squire' -c '\\d+ squire.*'; a database of its own for squire, owned by its role, has none of these")
	}
	return nil
}
