-- institutions
SELECT '{"institutions":' || (
  SELECT '{"totalCount":' || (
    SELECT count(*)
    FROM institution t1
    WHERE (t1.tenant_id = $1) AND (t1.status = ANY($3::text[]) AND t1.name LIKE $4::text)
  )::text ||
  ',"pageInfo":{"hasNextPage":' || (count(*) > $2::int8)::text ||
  ',"endCursor":' || coalesce('"' || max(replace(replace(replace(encode(substr(sha256($5::bytea || uuid_send(t1.id) || convert_to('[' || to_json((t1.sort_key)::text)::text || ']', 'UTF8')), 1, 12) || uuid_send(t1.id) || convert_to('[' || to_json((t1.sort_key)::text)::text || ']', 'UTF8'), 'base64'), E'\n', ''), '+', '-'), '/', '_')) FILTER (WHERE t1._rank <= $2::int8 AND (t1._rank = $2::int8 OR t1._last)) || '"', 'null') ||
  '},"edges":[' || coalesce(string_agg('{"cursor":"' || replace(replace(replace(encode(substr(sha256($5::bytea || uuid_send(t1.id) || convert_to('[' || to_json((t1.sort_key)::text)::text || ']', 'UTF8')), 1, 12) || uuid_send(t1.id) || convert_to('[' || to_json((t1.sort_key)::text)::text || ']', 'UTF8'), 'base64'), E'\n', ''), '+', '-'), '/', '_') ||
  '","node":{"id":"' || replace(replace(encode('\x03'::bytea || int4send(t1.tenant_id) || uuid_send(t1.id), 'base64'), '+', '-'), '/', '_') ||
  '","name":' || to_json(t1.name)::text ||
  ',"kind":"' || t1.kind ||
  '","status":"' || t1.status ||
  '","operatingNature":' || coalesce('"' || t1.operating_nature || '"', 'null') ||
  ',"district":' || coalesce((
    SELECT '{"code":' || to_json(t2.code)::text ||
    ',"name":' || to_json(t2.name)::text || '}'
    FROM district t2
    WHERE t2.tenant_id = t1.tenant_id
  ), 'null') ||
  ',"sites":' || coalesce((
    SELECT '[' || string_agg('{"kind":"' || t3.kind ||
    '","address":' || to_json(t3.address)::text ||
    ',"location":' || CASE WHEN t3.longitude IS NOT NULL THEN '{"longitude":' || CASE WHEN t3.longitude > '-Infinity' AND t3.longitude < 'Infinity' THEN t3.longitude::text ELSE 'null' END ||
    ',"latitude":' || CASE WHEN t3.latitude > '-Infinity' AND t3.latitude < 'Infinity' THEN t3.latitude::text ELSE 'null' END || '}' ELSE 'null' END || '}', ',' ORDER BY t3.kind ASC, t3.id ASC) || ']'
    FROM site t3
    WHERE t3.tenant_id = t1.tenant_id AND t3.institution_id = t1.id AND (t3.until IS NULL)
  ), '[]') ||
  ',"reviews":' || (
    SELECT '{"edges":[' || coalesce(string_agg('{"node":{"kind":"' || t4.kind ||
    '","outcome":"' || t4.outcome ||
    '","score":' || CASE WHEN (t4.score::float8) > '-Infinity' AND (t4.score::float8) < 'Infinity' THEN (t4.score::float8)::text ELSE 'null' END ||
    ',"decidedOn":"' || t4.decided_on::text || '"}}', ',' ORDER BY t4.decided_on DESC, t4.id DESC), '') || ']}'
    FROM (
      SELECT t4.*
      FROM review t4
      WHERE (t4.tenant_id = t1.tenant_id AND t4.institution_id = t1.id)
      ORDER BY t4.decided_on DESC, t4.id DESC
      LIMIT 3
    ) t4
  ) || '}}', ',' ORDER BY t1.sort_key ASC, t1.id ASC) FILTER (WHERE t1._rank <= $2::int8), '') || ']}'
  FROM (
    SELECT t1.*, row_number() OVER w AS _rank, lead(false, 1, true) OVER w AS _last
    FROM (
      SELECT t1.*
      FROM institution t1
      WHERE ((t1.tenant_id = $1) AND (t1.status = ANY($3::text[]) AND t1.name LIKE $4::text))
      ORDER BY t1.sort_key ASC, t1.id ASC
      LIMIT $2::int8 + 1
    ) t1
    WINDOW w AS (ORDER BY t1.sort_key ASC, t1.id ASC)
  ) t1
) || '}'
