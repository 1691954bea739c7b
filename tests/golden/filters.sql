-- reviews
SELECT '{"reviews":' || (
  SELECT '{"totalCount":' || (
    SELECT count(*)
    FROM review t1
    WHERE (true) AND (t1.decided_on >= $1::date AND t1.decided_on < $2::date AND ((EXISTS (
      SELECT 1
      FROM institution f1
      WHERE (f1.tenant_id = t1.tenant_id AND f1.id = t1.institution_id) AND (f1.name LIKE $3::text)
    )) OR (EXISTS (
      SELECT 1
      FROM institution f2
      WHERE (f2.tenant_id = t1.tenant_id AND f2.id = t1.institution_id) AND (EXISTS (
        SELECT 1
        FROM site f3
        WHERE (f3.tenant_id = f2.tenant_id AND f3.institution_id = f2.id AND (f3.until IS NULL)) AND (starts_with(f3.address, $4::text))
      ))
    ) AND NOT coalesce((t1.outcome = $5::text), false))))
  )::text ||
  ',"edges":[' || coalesce(string_agg('{"node":{"scored":' || CASE WHEN (t1.score::float8) > '-Infinity' AND (t1.score::float8) < 'Infinity' THEN (t1.score::float8)::text ELSE 'null' END ||
  ',"scoreMax":' || CASE WHEN (t1.score_max::float8) > '-Infinity' AND (t1.score_max::float8) < 'Infinity' THEN (t1.score_max::float8)::text ELSE 'null' END ||
  ',"institution":' || coalesce((
    SELECT '{"name":' || to_json(t2.name)::text || '}'
    FROM institution t2
    WHERE t2.tenant_id = t1.tenant_id AND t2.id = t1.institution_id
  ), 'null') || '}}', ',' ORDER BY t1.score DESC NULLS LAST, t1.id DESC), '') || ']}'
  FROM (
    SELECT t1.*
    FROM review t1
    WHERE ((true) AND (t1.decided_on >= $1::date AND t1.decided_on < $2::date AND ((EXISTS (
      SELECT 1
      FROM institution f1
      WHERE (f1.tenant_id = t1.tenant_id AND f1.id = t1.institution_id) AND (f1.name LIKE $3::text)
    )) OR (EXISTS (
      SELECT 1
      FROM institution f2
      WHERE (f2.tenant_id = t1.tenant_id AND f2.id = t1.institution_id) AND (EXISTS (
        SELECT 1
        FROM site f3
        WHERE (f3.tenant_id = f2.tenant_id AND f3.institution_id = f2.id AND (f3.until IS NULL)) AND (starts_with(f3.address, $4::text))
      ))
    ) AND NOT coalesce((t1.outcome = $5::text), false)))))
    ORDER BY t1.score DESC NULLS LAST, t1.id DESC
    LIMIT 2
  ) t1
) || '}'
