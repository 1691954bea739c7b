-- institutions
SELECT '{"institutions":' || (
  SELECT '{"totalCount":' || (
    SELECT count(*)
    FROM institution t1
    WHERE (t1.id = ANY($1::uuid[]) OR t1.parent_id = ANY($1::uuid[]))
  )::text ||
  ',"nodes":[' || coalesce(string_agg('{"name":' || to_json(t1.name)::text ||
  ',"organisation":' || coalesce((
    SELECT '{"name":' || to_json(t2.name)::text || '}'
    FROM organisation t2
    WHERE (t2.tenant_id = t1.tenant_id AND t2.id = t1.organisation_id) AND ((t2.id IN (
      SELECT own.organisation_id
      FROM institution own
      WHERE own.tenant_id = t2.tenant_id AND own.id = ANY($1::uuid[])
    )))
  ), 'null') ||
  ',"stations":' || (
    SELECT '{"pageInfo":{"hasPreviousPage":' || (count(*) > 2)::text ||
    ',"startCursor":' || coalesce('"' || max(replace(replace(replace(encode(substr(sha256($2::bytea || uuid_send(t3.id) || convert_to('[' || coalesce('"' || (t3.opened_on)::text || '"', 'null') || ',' || to_json((t3.kind)::text)::text || ']', 'UTF8')), 1, 12) || uuid_send(t3.id) || convert_to('[' || coalesce('"' || (t3.opened_on)::text || '"', 'null') || ',' || to_json((t3.kind)::text)::text || ']', 'UTF8'), 'base64'), E'\n', ''), '+', '-'), '/', '_')) FILTER (WHERE t3._rank <= 2 AND (t3._rank = 2 OR t3._last)) || '"', 'null') ||
    '},"nodes":[' || coalesce(string_agg('{"openedOn":' || coalesce('"' || t3.opened_on::text || '"', 'null') ||
    ',"createdAt":"' || to_char(t3.created_at AT TIME ZONE INTERVAL '08:00', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+08:00"') || '"}', ',' ORDER BY t3.opened_on DESC NULLS LAST, t3.kind ASC, t3.id ASC) FILTER (WHERE t3._rank <= 2), '') || ']}'
    FROM (
      SELECT t3.*, row_number() OVER w AS _rank, lead(false, 1, true) OVER w AS _last
      FROM (
        SELECT t3.*
        FROM institution t3
        WHERE ((t3.tenant_id = t1.tenant_id AND t3.parent_id = t1.id) AND ((t3.id = ANY($1::uuid[]) OR t3.parent_id = ANY($1::uuid[]))))
        ORDER BY t3.opened_on ASC NULLS FIRST, t3.kind DESC, t3.id DESC
        LIMIT 2 + 1
      ) t3
      WINDOW w AS (ORDER BY t3.opened_on ASC NULLS FIRST, t3.kind DESC, t3.id DESC)
    ) t3
  ) || '}', ',' ORDER BY t1.sort_key ASC, t1.id ASC), '') || ']}'
  FROM (
    SELECT t1.*
    FROM institution t1
    WHERE ((t1.id = ANY($1::uuid[]) OR t1.parent_id = ANY($1::uuid[])))
    ORDER BY t1.sort_key ASC, t1.id ASC
    LIMIT 20
  ) t1
) || '}'
