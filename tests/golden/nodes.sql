-- nodes
SELECT '{"nodes":' || coalesce((
  SELECT '[' || string_agg(coalesce(CASE p.tag WHEN 3 THEN (
    SELECT '{"__typename":"Institution","id":"' || replace(replace(encode('\x03'::bytea || int4send(t1.tenant_id) || uuid_send(t1.id), 'base64'), '+', '-'), '/', '_') ||
    '","name":' || to_json(t1.name)::text || '}'
    FROM institution t1
    WHERE t1.tenant_id = p.tenant_id AND t1.id = p.id
  ) WHEN 4 THEN (
    SELECT '{"__typename":"Site","id":"' || replace(replace(encode('\x04'::bytea || int4send(t2.tenant_id) || uuid_send(t2.id), 'base64'), '+', '-'), '/', '_') ||
    '","address":' || to_json(t2.address)::text ||
    ',"location":' || CASE WHEN t2.longitude IS NOT NULL THEN '{"longitude":' || CASE WHEN t2.longitude > '-Infinity' AND t2.longitude < 'Infinity' THEN t2.longitude::text ELSE 'null' END ||
    ',"latitude":' || CASE WHEN t2.latitude > '-Infinity' AND t2.latitude < 'Infinity' THEN t2.latitude::text ELSE 'null' END || '}' ELSE 'null' END || '}'
    FROM site t2
    WHERE t2.tenant_id = p.tenant_id AND t2.id = p.id
  ) WHEN 5 THEN (
    SELECT '{"__typename":"Review","id":"' || replace(replace(encode('\x05'::bytea || int4send(t3.tenant_id) || uuid_send(t3.id), 'base64'), '+', '-'), '/', '_') || '"}'
    FROM review t3
    WHERE t3.tenant_id = p.tenant_id AND t3.id = p.id
  ) END, 'null'), ',' ORDER BY p.n) || ']'
  FROM unnest($1::int4[], $2::int4[], $3::uuid[]) WITH ORDINALITY AS p(tag, tenant_id, id, n)
), '[]') || '}'
