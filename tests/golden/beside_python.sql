-- viewer


-- district
SELECT '{"district":{"name":' || to_json(t1.name)::text ||
',"authorities":' || coalesce((
  SELECT '[' || string_agg('{"kind":"' || t2.kind || '"}', ',' ORDER BY t2.kind ASC, t2.id ASC) || ']'
  FROM authority t2
  WHERE t2.tenant_id = t1.tenant_id
), '[]') || '}}'
FROM district t1
WHERE t1.code = $1

-- missing
SELECT '{"missing":{"name":' || to_json(t1.name)::text || '}}'
FROM district t1
WHERE t1.code = $1
